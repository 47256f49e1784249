# A daemon's door, asked over FastCGI with libfcgi's own cgi-fcgi.

# status_at SOCKET [TOKEN]: what it answers to the token, or to none: 200, 401. Empty where it does not.
status_at() {
  env -i PATH="$PATH" REQUEST_METHOD=GET ${2:+"HTTP_AUTHORIZATION=Bearer $2"} cgi-fcgi -bind -connect "$1" 2>/dev/null |
    sed -n '1s/^Status: \([0-9]*\) .*/\1/p'
}

# answers SOCKET STATUS [TOKEN]: whether that is the answer.
answers() {
  [ "$(status_at "$1" "${3-}")" = "$2" ]
}

# install_by_hand: bearerd and an account of its own, as the README says, in a copy of this machine.
install_by_hand() {
  install -m 0755 "$bearerd" /usr/local/bin/bearerd
  install -m 0644 -D "$root/examples/systemd/sysusers.conf" /usr/local/lib/sysusers.d/bearerd.conf
  systemd-sysusers bearerd.conf 2>"$throwaway/sysusers" || fail "$(cat "$throwaway/sysusers")"
  install -d -o root -g bearerd -m 0750 /etc/bearerd
  install -o root -g bearerd -m 0640 /dev/null /etc/bearerd/tokens
}
