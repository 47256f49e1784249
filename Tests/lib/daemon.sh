# Checks of a daemon over FastCGI, with libfcgi's own cgi-fcgi, and an installation by hand.

# status_at SOCKET [TOKEN]: the status for the token, or without one: 200, 401. Empty if the daemon does not answer.
status_at() {
  env -i PATH="$PATH" REQUEST_METHOD=GET ${2:+"HTTP_AUTHORIZATION=Bearer $2"} cgi-fcgi -bind -connect "$1" 2>/dev/null |
    sed -n '1s/^Status: \([0-9]*\) .*/\1/p'
}

# answers SOCKET STATUS [TOKEN]: whether this is the status.
answers() {
  [ "$(status_at "$1" "${3-}")" = "$2" ]
}

# install_by_hand: bearerd and its account as the README describes, in a copy of this machine.
install_by_hand() {
  install -m 0755 "$bearerd" /usr/local/bin/bearerd
  install -m 0644 -D "$root/examples/systemd/sysusers.conf" /usr/local/lib/sysusers.d/bearerd.conf
  systemd-sysusers bearerd.conf 2>"$throwaway/sysusers" || fail "$(cat "$throwaway/sysusers")"
  install -d -o root -g bearerd -m 0750 /etc/bearerd
  install -o root -g bearerd -m 0640 /dev/null /etc/bearerd/tokens
}
