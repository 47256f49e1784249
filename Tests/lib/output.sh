# Progress lines, with the seconds since the script began.

bold='' dim='' green='' red='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR-}" ]; then
  bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'
fi

# progress TEXT: prints one line.
progress() {
  printf '%s%5d s%s  %s\n' "$dim" "$SECONDS" "$plain" "$*"
}

# fail TEXT: prints an error and ends the script.
fail() {
  printf '%serror:%s %s\n' "$red" "$plain" "$*" >&2
  exit 1
}

# run_with_progress TEXT COMMAND...: runs the command with its output in a file. Every ten seconds it prints the last
# line of that file; if the command fails, it prints the end of the file.
run_with_progress() {
  local text=$1 log status=0 pid waited=0
  shift
  log=$(mktemp "${TMPDIR:-/tmp}/bearerd-log.XXXXXX")
  progress "$text"
  "$@" >"$log" 2>&1 </dev/null &
  pid=$!
  while kill -0 "$pid" 2>/dev/null; do
    sleep 0.2
    waited=$((waited + 1))
    if [ $((waited % 50)) = 0 ]; then progress "  $(last_line "$log")"; fi
  done
  wait "$pid" || status=$?
  if [ "$status" != 0 ]; then
    # First the lines of failed tests: they need not be the last.
    grep -a '^✘' "$log" | head -n 40 >&2 || true
    tail -n 60 "$log" >&2
    rm -f "$log"
    fail "$text: exit code $status"
  fi
  last_output=$(last_line "$log")
  rm -f "$log"
}

# last_line FILE: the last line that is not empty, without control characters.
last_line() {
  tail -c 4096 "$1" | tr '\r' '\n' | tr -d '\000-\010\013-\037' | grep -v '^[[:space:]]*$' | tail -n 1 | cut -c 1-100 || true
}
