# How the examples show what they do.

shown=0

# Time to read, where somebody reads.
pause() {
  if [ -t 1 ]; then sleep 0.4; fi
}

say() {
  pause
  printf '\n%s%s%s\n' "$bold" "$*" "$plain"
}

say_also() {
  printf '  %s%s%s\n' "$dim" "$*" "$plain"
}

command_line() {
  printf '  %s$ %s%s\n' "$dim" "$*" "$plain"
}

# make_token APPLICATION OPTION...: the token goes into a file that curl reads, so that no list of processes ever
# shows it. Where bearerd runs, it is live when this returns.
make_token() {
  local before
  before=$(reloads)
  command_line "bearerd token new $*"
  (
    umask 077
    printf 'Authorization: Bearer ' >"$1.header"
    bearerd token new "$@" --tokens tokens 2>message >>"$1.header"
  ) || fail "$(cat message)"
  sed -n 's/^\(Authorization: Bearer \)\(brd_....\).*/  \2... (kept in '"$1.header"' for curl)/p' "$1.header"
  sed -n '1s/^/  /p' message
  wait_for_reload "$before"
}

# said TEXT: how often bearerd's log says it.
said() {
  if [ -e bearerd.log ]; then grep -c -F -- "$1" bearerd.log || true; else echo 0; fi
}

has_said_more() {
  [ "$(said "$1")" -gt "$2" ]
}

reloads() {
  said 'tokens reloaded'
}

# wait_for_reload BEFORE: where bearerd runs, until it has read its tokens more often than BEFORE.
wait_for_reload() {
  if [ ! -e bearerd.log ]; then return; fi
  wait_until has_said_more 'tokens reloaded' "$1" || fail "bearerd does not see its tokens: $(tail -n 3 bearerd.log)"
}

# shows COMMAND...: the command, and what it says, which is in `output` then; it must succeed.
shows() {
  command_line "$*"
  "$@" >output 2>&1 || fail "this should have succeeded: $(cat output)"
  sed 's/^/  /' output
  shown=$((shown + 1))
}

# refuses TEXT COMMAND...: the command, and what it says; it must fail, and say TEXT.
refuses() {
  local text=$1
  shift
  command_line "$*"
  if "$@" >output 2>&1; then fail "this should have been refused: $(cat output)"; fi
  grep -q -F -- "$text" output || fail "this should have said $text: $(cat output)"
  sed 's/^/  /' output
  shown=$((shown + 1))
}

# no_secret_in_logs: none of those that were made here.
no_secret_in_logs() {
  if grep -q brd_ ./*.log; then fail "a secret stands in $(grep -l brd_ ./*.log)"; fi
}

# ask PATH [HEADER...]: shows a call with its caller's `options`, and makes it: the caller's `got` is its status; the rest
# is in the files headers and body.
ask() {
  local path=$1 typed=${options[*]:+ ${options[*]}} header
  for header in "${@:2}"; do
    options+=(-H "$header") typed+=" -H '$header'"
  done
  command_line "curl $site$path$typed"
  got=$(curl -s --path-as-is --max-time 5 -o body -D headers -w '%{http_code}' "${options[@]}" "$site$path" || true)
}

# curl_expecting STATUS TEXT PATH [HEADER...]: shows a call and its answer; TEXT must stand in the challenge, in the
# title of an error page, or in the body.
curl_expecting() {
  local status=$1 text=$2 options=() got told
  ask "${@:3}"
  told=$(sed -n 's/^WWW-Authenticate: //Ip' headers | tr -d '\r')
  told=${told:-$(sed -n 's|.*<title>\(.*\)</title>.*|\1|p' body)}
  told=${told:-$(cat body)}
  if [ "$got" != "$status" ] || [[ $told != *"$text"* ]]; then
    printf '  %s%s%s  %s\n' "$red" "$got" "$plain" "$told"
    tail -n 5 ./*.log >&2
    fail "this should have been $status with $text"
  fi
  # Of a page, the line that matters.
  printf '  %s%s%s  %s\n' "$green" "$got" "$plain" "$(grep -m 1 -F -- "$text" <<<"$told")"
  shown=$((shown + 1))
}

# method_expecting METHOD STATUS PATH [HEADER...]: shows a HEAD, or a POST with a small body. Every 401 and 403 must carry
# its challenge.
method_expecting() {
  local method=$1 status=$2 options got
  case $method in
    HEAD) options=(-I) ;;
    POST) options=(-d a=b) ;;
  esac
  ask "${@:3}"
  [ "$got" = "$status" ] || fail "this should have been $status, not $got: $(cat headers)"
  if [[ $got == 40[13] ]] && ! grep -q -i '^WWW-Authenticate: Bearer realm="bearerd"' headers; then
    fail "no challenge reaches the caller: $(cat headers)"
  fi
  printf '  %s%s%s\n' "$green" "$got" "$plain"
  shown=$((shown + 1))
}

# expect_all COUNT PATH HEADER [COMMAND...]: so many calls in a row, of which each must be answered with 200. COMMAND runs
# while they are under way; give it some thousands.
expect_all() {
  local count=$1 path=$2 credential=$3 calls got
  shift 3
  command_line "curl $site$path -H '$credential', $count times"
  curl -s --max-time 60 -o body -w '%{http_code}\n' -H "$credential" "$site$path?[1-$count]" >codes &
  calls=$!
  if [ $# != 0 ]; then
    # curl writes down a thousand at once.
    wait_until test -s codes || fail "no call is answered"
    command_line "$@"
    "$@"
    if [ "$(wc -l <codes)" -ge "$count" ]; then fail "the calls were over before: it says nothing"; fi
  fi
  wait "$calls"
  got=$(sort codes | uniq -c | tr -s ' \n' ' ')
  if [ "$got" != " $count 200 " ]; then fail "each should have been 200:$got"; fi
  printf '  %s200%s  each time\n' "$green" "$plain"
  shown=$((shown + count))
}

is_refused() {
  [ "$(curl -s --max-time 5 -o body -w '%{http_code}' "$site$1" -H "$2")" = 401 ]
}

# finish PATH [APPLICATION]: the last line; for --keep it says what to try, at PATH for one thing.
finish() {
  echo
  if "$keep"; then
    leave_running "$1" "${2-openai}"
  else
    progress "all $shown answers were as they should be; nothing is left behind"
  fi
}

leave_running() {
  cat >stop <<STOP
#!/bin/bash
kill ${started[*]} 2>/dev/null
while kill -0 ${started[*]} 2>/dev/null; do sleep 0.1; done
rm -rf "$throwaway"
STOP
  chmod 755 stop
  progress "all $shown answers were as they should be; it goes on running in $throwaway"
  cat <<TRY

  Try, in that folder:
    ${CURL_HOME:+CURL_HOME=. }curl -i $site$1 -H @$2.header
    $bearerd token list --tokens tokens
    $bearerd token new ci --expires 1h --tokens tokens
    tail -f *.log
  Stop it, and remove the folder:
    $throwaway/stop
TRY
  started=() throwaway=
}
