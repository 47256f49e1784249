# How the examples start a site: bearerd, and an nginx of a plain user's kind with the example's own configuration,
# in a throwaway folder.

# keep_or_not ARGUMENT...: what an example's `run` may be told.
keep_or_not() {
  case ${1-} in
    '') keep=false ;;
    --keep) keep=true ;;
    *) fail "unknown argument $1; there is only --keep" ;;
  esac
}

# begin_example [PACKAGE...]: everything that must be there; then we are in the throwaway folder.
begin_example() {
  need_packages "${build_packages[@]}" "${site_packages[@]}" "$@"
  need_swift
  build_bearerd
  make_throwaway
  cd "$throwaway"
  PATH=${bearerd%/*}:$PATH
  (umask 027 && touch tokens)
  # As root, nginx's workers are another user: the sockets are theirs too, as they would be on a real host.
  user='' group=()
  if [ "$(id -u)" = 0 ]; then user='user www-data;' group=(www-data); fi
}

# start_bearerd OPTION...: on bearerd.sock, with the tokens in `tokens`.
start_bearerd() {
  rm -f bearerd.sock
  bearerd serve --tokens tokens --listen "unix:$throwaway/bearerd.sock" ${group[0]+--socket-owner ":${group[0]}"} "$@" \
    </dev/null &>>bearerd.log &
  daemon=$!
  started+=("$daemon")
  wait_until test -S bearerd.sock || fail "bearerd does not start: $(tail -n 3 bearerd.log)"
}

# start_nginx PORT SED_SCRIPT: site.conf of the example, changed where this machine lends it another port or folder.
start_nginx() {
  mkdir -p snippets
  local snippet
  for snippet in "$root"/nginx/bearerd-*.conf; do
    sed "s|/run/bearerd/|$throwaway/|" "$snippet" >"snippets/${snippet##*/}"
  done
  local file
  for file in site.conf backend.conf; do
    if [ -e "$here/$file" ]; then sed "$2; s|/var/log/nginx/|$throwaway/|" "$here/$file" >"$file"; fi
  done
  cat >nginx.conf <<NGINX
$user
daemon off;
pid nginx.pid;
events {
}
http {
    include /etc/nginx/mime.types;
    access_log off;
    client_body_temp_path temp-body;
    proxy_temp_path temp-proxy;
    fastcgi_temp_path temp-fastcgi;
    uwsgi_temp_path temp-uwsgi;
    scgi_temp_path temp-scgi;
    include site.conf;
    include backend*.conf;
}
NGINX
  nginx -p "$throwaway" -c nginx.conf -e nginx.log </dev/null &>nginx.out &
  started+=($!)
  wait_until is_listening "$1" || fail "nginx does not start: $(tail -n 3 nginx.out nginx.log)"
}

# shows COMMAND...: the command, and what it says; it must succeed.
shows() {
  command_line "$*"
  "$@" >output 2>&1 || { cat output >&2; fail "this should have succeeded"; }
  sed 's/^/  /' output
  shown=$((shown + 1))
}

# start_tls_site HOST PORT SED_SCRIPT: start_nginx, where site.conf wants a certificate for HOST. curl finds HOST
# here, so that its name and its certificate are what they would be on a real host.
start_tls_site() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" \
    -addext "subjectAltName=DNS:$1" -keyout key -out certificate &>openssl.log || fail "$(cat openssl.log)"
  printf 'connect-to = %s:443:127.0.0.1:%s\ncacert = certificate\n' "$1" "$2" >.curlrc
  export CURL_HOME=$throwaway
  site=https://$1
  start_nginx "$2" "$3; s|listen 443|listen 127.0.0.1:$2|; s|/etc/ssl/certs/$1.pem|certificate|
    s|/etc/ssl/private/$1.key|key|"
}

end_example() {
  echo
  if "$keep"; then
    leave_running
  else
    progress "all $shown answers were as they should be; nothing is left behind"
  fi
}

# wait_long_until COMMAND...: for what a busy machine takes its time with.
wait_long_until() {
  for _ in {1..12}; do
    if wait_until "$@"; then return; fi
  done
  return 1
}
