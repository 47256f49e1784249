# Lines that say what goes on, and since when.

bold='' dim='' green='' red='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR-}" ]; then
  bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'
fi

# progress TEXT: one line, with the seconds since the script began.
progress() {
  printf '%s%5d s%s  %s\n' "$dim" "$SECONDS" "$plain" "$*"
}

# fail TEXT: the last line of a script that did not do its work.
fail() {
  printf '%serror:%s %s\n' "$red" "$plain" "$*" >&2
  exit 1
}

# run_with_progress TEXT COMMAND...: the command's output goes to a file. Where it takes longer, a line every ten
# seconds shows how far it is; where it fails, the end of its output is shown.
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
    # Of a thousand lines, those of the tests that failed; they need not be the last.
    grep -a '^✘' "$log" | head -n 40 >&2 || true
    tail -n 60 "$log" >&2
    rm -f "$log"
    fail "$text: exit code $status"
  fi
  last_output=$(last_line "$log")
  rm -f "$log"
}

# last_line FILE: what a person would see last, without control characters.
last_line() {
  tail -c 4096 "$1" | tr '\r' '\n' | tr -d '\000-\010\013-\037' | grep -v '^[[:space:]]*$' | tail -n 1 | cut -c 1-100 || true
}
