# Cleans up: stops what was started, by its process id, and removes the throwaway directory.

started=()
throwaway=

# make_throwaway: creates a directory, $throwaway, which other users can enter but not list.
make_throwaway() {
  throwaway=$(mktemp -d "${TMPDIR:-/tmp}/bearerd.XXXXXX")
  chmod 711 "$throwaway"
}

# stop PID...: sends SIGTERM, and SIGKILL after three seconds.
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
