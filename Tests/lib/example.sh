# What the examples share: bearerd and a web server in a throwaway folder, with pages and an API to guard.

source "${BASH_SOURCE[0]%/*}/shell.sh"
for helper in show servers; do
  # shellcheck source=/dev/null
  source "$root/Tests/lib/$helper.sh"
done
unset helper

# The example's own folder.
here=$(cd "$(dirname "$0")" && pwd)

# Who serves, where root starts it.
server_user=
if [ "$(id -u)" = 0 ]; then server_user=www-data; fi

# begin_example FLAGS PACKAGE...: from here on we are in a throwaway folder with pages to guard, and bearerd is in PATH.
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
  echo 'Everybody may read this.' >site/index.html
  echo 'Only applications may read this.' >site/private/report.html
  (umask 027 && touch tokens)
  if [ -n "$server_user" ]; then chown ":$server_user" tokens && chown "$server_user" logs; fi
}

# adapt FILE [OLD NEW]...: the example's file, with the paths and addresses that this machine lends it. Each OLD must
# be in it: what is shown is the file that people copy.
adapt() {
  local name=$1 text
  text=$(<"$here/$name")
  shift
  while [ $# -gt 0 ]; do
    [[ $text == *"$1"* ]] || fail "$name says nothing of $1"
    text=${text//"$1"/"$2"}
    shift 2
  done
  printf '%s\n' "$text"
}

# start NAME COMMAND...: runs until this script ends, or until `stop "$last"`; what it says goes to NAME.log.
start() {
  local name=$1
  shift
  "$@" </dev/null &>>"$name.log" &
  last=$!
  # Nobody need be told when it ends.
  disown "$last"
  started+=("$last")
}

# start_bearerd LISTEN [OPTION...]: by itself, as a service would be.
start_bearerd() {
  local owner=() before
  before=$(said 'ready on')
  if [ -n "$server_user" ] && [[ $1 == unix:* ]]; then owner=(--socket-owner ":$server_user"); fi
  start bearerd bearerd serve --tokens tokens --listen "$@" "${owner[@]}"
  daemon=$last
  wait_until has_said_more 'ready on' "$before" || fail "bearerd does not start: $(tail -n 3 bearerd.log)"
}

# start_api: something to guard that is no file, on $api_port.
start_api() {
  start api python3 "$root/Tests/lib/api.py" api.port
  wait_until test -e api.port || fail "the API does not start: $(tail -n 3 api.log)"
  api_port=$(<api.port)
}

# make_tokens: one that opens all doors, and one for the door "write" only.
make_tokens() {
  say "Two applications get a token each"
  make_token openai
  make_token robot --scopes write
  echo
}

# show_doors [STATUS]: who gets in at a site with pages for everybody, for applications, and a door with a name;
# STATUS is the front's answer to a token that does not open it.
show_doors() {
  local forbidden=${1-403}
  say "A public page is for everybody"
  curl_expecting 200 "Everybody may read this" /
  say "A guarded page and the API want a token, and say so"
  curl_expecting 401 'Bearer realm="bearerd"' /private/report.html
  curl_expecting 401 'Bearer realm="bearerd"' /api/orders
  say "A wrong token is refused"
  curl_expecting 401 'error="invalid_token"' /private/report.html 'Authorization: Bearer made-up'
  say "The right token opens the door; the API learns who called, and not the secret"
  curl_expecting 200 "Only applications may read this" /private/report.html @openai.header
  curl_expecting 200 '{"caller":"openai","authorization":""}' /api/orders @openai.header
  say "robot's token opens the door \"write\" only"
  curl_expecting "$forbidden" 'error="insufficient_scope"' /api/orders @robot.header
  curl_expecting 200 '{"caller":"robot","authorization":""}' /api/write/orders @robot.header
}

# show_methods STATUS PATH...: HEAD and POST pass the same doors as GET. STATUS is the front's answer to two headers.
show_methods() {
  local both=$1 method path
  shift
  say "HEAD and POST pass the same doors"
  for path; do
    for method in HEAD POST; do
      method_expecting "$method" 401 "$path"
      method_expecting "$method" 401 "$path" 'Authorization: Bearer made-up'
      method_expecting "$method" 200 "$path" @openai.header
    done
  done
  say "Two Authorization headers are refused, the right one among them or not"
  for path in "$@" /private/report.html; do
    curl_expecting "$both" '' "$path" @openai.header 'Authorization: Bearer made-up'
    curl_expecting "$both" '' "$path" 'Authorization: Bearer made-up' @openai.header
    curl_expecting "$both" '' "$path" @openai.header @openai.header
  done
}

# show_log PATH APPLICATION: the front's log names who called; lighttpd writes it some seconds later.
show_log() {
  say "The log knows who called"
  wait_long_until grep -q -- "- $2 .*$1" logs/access.log || fail "the log does not name $2: $(tail -n 3 logs/access.log)"
  grep -- "- $2 .*$1" logs/access.log | tail -n 1 | cut -d ' ' -f 1-3,6- | sed 's/^/  /'
  shown=$((shown + 1))
}

# show_daemon_down STATUS: nobody gets in while there is no daemon; STATUS is the front's answer then.
show_daemon_down() {
  say "The daemon is stopped: nobody gets in, and the public page is still there"
  stop "$daemon"
  curl_expecting "$1" '' /private/report.html @openai.header
  curl_expecting "$1" '' /api/orders @openai.header
  curl_expecting 200 "Everybody may read this" /
}
