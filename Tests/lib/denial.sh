# A denial in the log, for the output that the README shows.

# show_denial FORM: prints how a daemon with the site's tokens logs a denial: `journal` or `json`.
show_denial() {
  local socket=$throwaway/denial.sock log=$throwaway/denial.log daemon
  local command=(bearerd serve --listen "unix:$socket")
  case $1 in
    # As under systemd: JOURNAL_STREAM names the device and inode of standard error.
    # shellcheck disable=SC2016
    journal) command=(sh -c 'JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2) exec "$@"' sh "${command[@]}") ;;
    json) command+=(--log-format json) ;;
  esac
  "${command[@]}" 2>"$log" &
  daemon=$!
  until [ -S "$socket" ]; do sleep 0.05; done
  env -i PATH="$PATH" REQUEST_METHOD=GET REMOTE_ADDR=192.0.2.7 REQUEST_URI=/private/ \
    cgi-fcgi -bind -connect "$socket" >/dev/null
  kill "$daemon"
  wait "$daemon"
  # journald replaces the priority by time and host.
  grep denied "$log" | sed 's/^<5>/Nov 24 14:02:11 www bearerd[812]: /'
}
