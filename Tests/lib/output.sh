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

# The output of every step of a run, one file for each; kept until the next run.
readonly logs=$root/.build/logs

# run_with_progress TEXT COMMAND...: runs the command with its output in a file of $logs, and prints one line with its
# duration at the end. While it runs, it shows the last line of that file: on a terminal in place, else after the first
# second and then twice a minute. If the command fails, it prints what failed and ends the script.
run_with_progress() {
  run_step "$@" || exit 1
}

# run_step TEXT COMMAND...: the same, but if the command fails, it returns 1 and the script goes on.
run_step() {
  local text=$1 log status=0 pid began=$SECONDS ticks=0
  shift
  mkdir -p "$logs"
  log=$logs/$(tr -cs 'a-zA-Z0-9\n' - <<<"$text" | cut -c 1-60).log
  "$@" >"$log" 2>&1 </dev/null &
  pid=$!
  # An interrupted script stops it.
  started+=("$pid")
  while kill -0 "$pid" 2>/dev/null; do
    sleep 0.2
    ticks=$((ticks + 1))
    if [ -t 1 ]; then
      if [ $((ticks % 5)) = 0 ]; then printf '\r\e[K%s' "$(progress "$text: $(last_line "$log")")"; fi
    elif [ "$ticks" = 5 ] || [ $((ticks % 150)) = 0 ]; then
      progress "$text: $(last_line "$log")"
    fi
  done
  if [ -t 1 ]; then printf '\r\e[K'; fi
  wait "$pid" || status=$?
  unset 'started[-1]'
  if [ "$status" != 0 ]; then
    # First the lines of failed tests: they need not be the last.
    grep -a '^✘' "$log" | head -n 40 >&2 || true
    tail -n 60 "$log" >&2
    printf '%serror:%s %s\n' "$red" "$plain" "$text: exit code $status; the whole output is in $log" >&2
    return 1
  fi
  last_output=$(last_line "$log")
  progress "$text: $((SECONDS - began)) s"
}

# What `try` has seen fail.
failures=()

# try TEXT COMMAND...: runs one step; if it fails, the run goes on.
try() {
  run_step "$@" || failures+=("$1")
}

# try_tests TEXT COMMAND...: the same, and prints how many tests passed.
try_tests() {
  if run_step "$@"; then progress "  $last_output"; else failures+=("$1"); fi
}

# try_beside TEXT COMMAND...: the same as `try`, in the background until end_beside.
try_beside() {
  beside_text=$1
  (
    # A subshell has no traps, and must not remove what is not its own.
    started=() throwaway=
    trap clean_up EXIT
    trap 'exit 143' TERM
    run_step "$@"
  ) &
  beside=$!
  started+=("$beside")
}

end_beside() {
  wait "$beside" || failures+=("$beside_text")
  unset 'started[-1]'
}

# fail_if_any: the end of a run that went on.
fail_if_any() {
  if [ ${#failures[@]} = 0 ]; then return; fi
  printf '%sfailed:%s %s\n' "$red" "$plain" "${failures[@]/%/; see $logs}" >&2
  exit 1
}

# last_line FILE: the last line that is not empty, without control characters.
last_line() {
  tail -c 4096 "$1" | tr '\r' '\n' | tr -d '\000-\010\013-\037' | grep -v '^[[:space:]]*$' | tail -n 1 | cut -c 1-100 || true
}
