# How the examples print what they do.

shown=0

# Leaves time to read on a terminal.
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

# make_token APPLICATION OPTION...: creates a token in a file that curl reads, so that the process list never shows it.
# If bearerd runs, the token is valid when this returns.
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

# said TEXT: the number of lines in bearerd's log with TEXT.
said() {
  if [ -e bearerd.log ]; then grep -c -F -- "$1" bearerd.log || true; else echo 0; fi
}

has_said_more() {
  [ "$(said "$1")" -gt "$2" ]
}

reloads() {
  said 'tokens reloaded'
}

# wait_for_reload BEFORE: if bearerd runs, waits until it has reloaded its tokens more than BEFORE times.
wait_for_reload() {
  if [ ! -e bearerd.log ]; then return; fi
  wait_until has_said_more 'tokens reloaded' "$1" || fail "bearerd did not reload its tokens: $(tail -n 3 bearerd.log)"
}

# shows COMMAND...: prints the command and its output, which is also in the file `output`; it must succeed.
shows() {
  command_line "$*"
  "$@" >output 2>&1 || fail "this should have succeeded: $(cat output)"
  sed 's/^/  /' output
  shown=$((shown + 1))
}

# printed TEXT: prints the file `output`, which must contain TEXT.
printed() {
  sed 's/^/  /' output
  grep -q -F -- "$1" output || fail "the output lacks \"$1\": $(tail -n 3 ./*.log)"
  shown=$((shown + 1))
}

# fails_with TEXT COMMAND...: prints the command and its output; it must fail and print TEXT.
fails_with() {
  local text=$1
  shift
  command_line "$*"
  if "$@" >output 2>&1; then fail "this should have failed: $(cat output)"; fi
  printed "$text"
}

# no_secret_in_logs: fails if a log contains one of the tokens.
no_secret_in_logs() {
  if grep -q brd_ ./*.log; then fail "a secret is in $(grep -l brd_ ./*.log)"; fi
}

# request PATH [HEADER...]: prints a request with curl's `options` of the calling function, and sends it. `got` of that
# function is the status; the files `headers` and `body` have the rest.
request() {
  local path=$1 typed=${options[*]:+ ${options[*]}} header
  for header in "${@:2}"; do
    options+=(-H "$header") typed+=" -H '$header'"
  done
  command_line "curl $site$path$typed"
  got=$(curl -s --path-as-is --max-time 5 -o body -D headers -w '%{http_code}' "${options[@]}" "$site$path" || true)
}

# curl_expecting STATUS TEXT PATH [HEADER...]: prints a request and its response. TEXT must be in the challenge, in the
# title of an error page or in the body.
curl_expecting() {
  local status=$1 text=$2 options=() got told
  request "${@:3}"
  told=$(sed -n 's/^WWW-Authenticate: //Ip' headers | tr -d '\r')
  told=${told:-$(sed -n 's|.*<title>\(.*\)</title>.*|\1|p' body)}
  told=${told:-$(cat body)}
  if [ "$got" != "$status" ] || [[ $told != *"$text"* ]]; then
    printf '  %s%s%s  %s\n' "$red" "$got" "$plain" "$told"
    tail -n 5 ./*.log >&2
    fail "this should have been $status with $text"
  fi
  # If the body has several lines, print only the one with TEXT.
  printf '  %s%s%s  %s\n' "$green" "$got" "$plain" "$(grep -m 1 -F -- "$text" <<<"$told")"
  shown=$((shown + 1))
}

# method_expecting METHOD STATUS PATH [HEADER...]: sends a HEAD, or a POST with a small body. Every 401 and 403 must
# have its challenge.
method_expecting() {
  local method=$1 status=$2 options got
  case $method in
    HEAD) options=(-I) ;;
    POST) options=(-d a=b) ;;
  esac
  request "${@:3}"
  [ "$got" = "$status" ] || fail "this should have been $status, not $got: $(cat headers)"
  if [[ $got == 40[13] ]] && ! grep -q -i '^WWW-Authenticate: Bearer realm="bearerd"' headers; then
    fail "the response has no challenge: $(cat headers)"
  fi
  printf '  %s%s%s\n' "$green" "$got" "$plain"
  shown=$((shown + 1))
}

# expect_all COUNT PATH HEADER [COMMAND...]: sends COUNT requests one after the other; each response must be 200.
# COMMAND runs meanwhile; use some thousands of requests then.
expect_all() {
  local count=$1 path=$2 credential=$3 calls got
  shift 3
  command_line "curl $site$path -H '$credential', $count times"
  curl -s --max-time 60 -o body -w '%{http_code}\n' -H "$credential" "$site$path?[1-$count]" >codes &
  calls=$!
  if [ $# != 0 ]; then
    # curl writes about a thousand lines at once.
    wait_until test -s codes || fail "no request is answered"
    command_line "$@"
    "$@"
    if [ "$(wc -l <codes)" -ge "$count" ]; then fail "the requests ended before the command did"; fi
  fi
  wait "$calls"
  got=$(sort codes | uniq -c | tr -s ' \n' ' ')
  if [ "$got" != " $count 200 " ]; then fail "each should have been 200:$got"; fi
  printf '  %s200%s  each time\n' "$green" "$plain"
  shown=$((shown + count))
}

is_denied() {
  [ "$(curl -s --max-time 5 -o body -w '%{http_code}' "$site$1" -H "$2")" = 401 ]
}

# finish PATH [APPLICATION]: prints the last line; with --keep, also commands to try, with PATH.
finish() {
  echo
  if "$keep"; then
    leave_running "$1" "${2-openai}"
  else
    progress "all $shown results were as expected; everything is removed"
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
  progress "all $shown results were as expected; it keeps running in $throwaway"
  cat <<TRY

  Try, in that directory:
    ${CURL_HOME:+CURL_HOME=. }curl -i $site$1 -H @$2.header
    $bearerd token list --tokens tokens
    $bearerd token new ci --expires 1h --tokens tokens
    tail -f *.log
  Stop it and remove the directory:
    $throwaway/stop
TRY
  started=() throwaway=
}
