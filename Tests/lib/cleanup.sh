# Nothing is left behind: what was started is stopped by its process id, and the throwaway folder is removed.

started=()
throwaway=

# make_throwaway: a folder of our own in $throwaway, which other users may pass through but not list.
make_throwaway() {
  throwaway=$(mktemp -d "${TMPDIR:-/tmp}/bearerd.XXXXXX")
  chmod 711 "$throwaway"
}

# stop PID...: asks first, and insists after three seconds.
stop() {
  local pid
  for pid in "$@"; do kill "$pid" 2>/dev/null || true; done
  for pid in "$@"; do
    for _ in {1..30}; do
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.1
    done
    kill -9 "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
}

clean_up() {
  local status=$?
  trap - EXIT
  if [ ${#started[@]} != 0 ]; then stop "${started[@]}"; fi
  if [ -n "$throwaway" ]; then rm -rf "$throwaway"; fi
  exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
