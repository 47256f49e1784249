# What the examples share: bearerd and a web server in a throwaway directory, with pages and an API to protect.

source "${BASH_SOURCE[0]%/*}/shell.sh"
for helper in show servers; do
  # shellcheck source=/dev/null
  source "$root/Tests/lib/$helper.sh"
done
unset helper

# The example's own directory.
here=$(cd "$(dirname "$0")" && pwd)

# The account of the web server, if root starts it.
server_user=
if [ "$(id -u)" = 0 ]; then server_user=www-data; fi

# begin_example FLAGS PACKAGE...: installs packages, builds bearerd, puts it into PATH, and changes to a throwaway
# directory with pages.
begin_example() {
  case $1 in
    '') keep=false ;;
    --keep) keep=true ;;
    *) fail "unknown argument $1; there is only --keep" ;;
  esac
  shift
  need_packages "${build_packages[@]}" "$@"
  build_bearerd
  make_throwaway
  cd "$throwaway"
  PATH=${bearerd%/*}:$PATH
  port=$(free_port)
  site=http://127.0.0.1:$port
  mkdir -p site/private logs
  echo 'This page is public.' >site/index.html
  echo 'This page is protected.' >site/private/report.html
  (umask 027 && touch tokens)
  if [ -n "$server_user" ]; then chown ":$server_user" tokens && chown "$server_user" logs; fi
}

# adapt FILE [OLD NEW]...: prints the example's file with paths and addresses of this machine. Each OLD must be in the
# file, so that the tested file is the one that users copy.
adapt() {
  local name=$1 text
  text=$(<"$here/$name")
  shift
  while [ $# -gt 0 ]; do
    [[ $text == *"$1"* ]] || fail "$name does not contain $1"
    text=${text//"$1"/"$2"}
    shift 2
  done
  printf '%s\n' "$text"
}

# start NAME COMMAND...: runs until this script ends or `stop "$last"`; its output goes to NAME.log.
start() {
  local name=$1
  shift
  "$@" </dev/null &>>"$name.log" &
  last=$!
  # Suppresses bash's message when it ends.
  disown "$last"
  started+=("$last")
}

# start_bearerd LISTEN [OPTION...]: starts the daemon as a service does.
start_bearerd() {
  local owner=() before
  before=$(said 'ready on')
  if [ -n "$server_user" ] && [[ $1 == unix:* ]]; then owner=(--socket-owner ":$server_user"); fi
  start bearerd bearerd serve --tokens tokens --listen "$@" "${owner[@]}"
  daemon=$last
  wait_until has_said_more 'ready on' "$before" || fail "bearerd does not start: $(tail -n 3 bearerd.log)"
}

# start_api: starts an API on $api_port.
start_api() {
  start api python3 "$root/Tests/lib/api.py" api.port
  wait_until test -e api.port || fail "the API does not start: $(tail -n 3 api.log)"
  api_port=$(<api.port)
}

# make_tokens: one that is valid everywhere, and one with the scope "write".
make_tokens() {
  say "Create a token for each of two applications"
  make_token openai
  make_token robot --scopes write
  echo
}

# show_access [STATUS]: requests to a public page, protected locations, and one that requires a scope. STATUS is the web
# server's status for a token without the scope.
show_access() {
  local forbidden=${1-403}
  say "A public page needs no token"
  curl_expecting 200 "This page is public" /
  say "A protected page and the API require a token: the challenge says so"
  curl_expecting 401 'Bearer realm="bearerd"' /private/report.html
  curl_expecting 401 'Bearer realm="bearerd"' /api/orders
  say "A wrong token is denied"
  curl_expecting 401 'error="invalid_token"' /private/report.html 'Authorization: Bearer made-up'
  say "A valid token is allowed; the API gets the name of the application and not the secret"
  curl_expecting 200 "This page is protected" /private/report.html @openai.header
  curl_expecting 200 '{"application":"openai","authorization":""}' /api/orders @openai.header
  say "robot's token has the scope \"write\": it is valid only where that is required"
  curl_expecting "$forbidden" 'error="insufficient_scope"' /api/orders @robot.header
  curl_expecting 200 '{"application":"robot","authorization":""}' /api/write/orders @robot.header
}

# show_methods STATUS PATH...: HEAD and POST are checked like GET. STATUS is the web server's status for two headers.
show_methods() {
  local both=$1 method path
  shift
  say "HEAD and POST are checked like GET"
  for path; do
    for method in HEAD POST; do
      method_expecting "$method" 401 "$path"
      method_expecting "$method" 401 "$path" 'Authorization: Bearer made-up'
      method_expecting "$method" 200 "$path" @openai.header
    done
  done
  say "Two Authorization headers are rejected, even if one of them is valid"
  for path in "$@" /private/report.html; do
    curl_expecting "$both" '' "$path" @openai.header 'Authorization: Bearer made-up'
    curl_expecting "$both" '' "$path" 'Authorization: Bearer made-up' @openai.header
    curl_expecting "$both" '' "$path" @openai.header @openai.header
  done
}

# show_log PATH APPLICATION: the web server's log has the application's name; lighttpd writes it some seconds later.
show_log() {
  say "The access log has the name of the application"
  wait_long_until grep -q -- "- $2 .*$1" logs/access.log || fail "the log does not name $2: $(tail -n 3 logs/access.log)"
  grep -- "- $2 .*$1" logs/access.log | tail -n 1 | cut -d ' ' -f 1-3,6- | sed 's/^/  /'
  shown=$((shown + 1))
}

# show_daemon_down STATUS: without a daemon every request is denied. STATUS is the web server's status then.
show_daemon_down() {
  say "Without the daemon, protected locations are denied; the public page still works"
  stop "$daemon"
  curl_expecting "$1" '' /private/report.html @openai.header
  curl_expecting "$1" '' /api/orders @openai.header
  curl_expecting 200 "This page is public" /
}
