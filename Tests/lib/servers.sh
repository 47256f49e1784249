# Starts the web servers of the examples, each with the site that the example has written into this directory.

# surround FILE [MODULE]: prints a configuration from Tests/lib with this directory, port and module filled in.
surround() {
  sed "s|DIRECTORY|$throwaway|g; s|PORT|$port|g; s|MODULE|${2-}|g" "$root/Tests/lib/$1"
}

# serve NAME COMMAND...: starts a web server and waits until it listens.
serve() {
  start "$@"
  wait_until is_listening "$port" || fail "$1 does not start: $(cat ./*.log | tail -n 3)"
}

# start_apache MODULE: serves site.conf.
start_apache() {
  surround apache.conf "$1" >apache.conf
  serve apache apache2 -f "$throwaway/apache.conf" -DFOREGROUND ${server_user:+-DROOT}
}

# start_lighttpd: serves site.conf.
start_lighttpd() {
  surround lighttpd.conf >lighttpd.conf
  if [ -n "$server_user" ]; then echo "server.username = \"$server_user\"" >>lighttpd.conf; fi
  serve lighttpd lighttpd -D -f lighttpd.conf
}

# start_caddy: serves site.caddy.
start_caddy() {
  surround Caddyfile >Caddyfile
  serve caddy env HOME="$throwaway" XDG_CONFIG_HOME="$throwaway" XDG_DATA_HOME="$throwaway" \
    caddy run --adapter caddyfile --config Caddyfile
}

# start_nginx: serves site.conf, with the snippets.
start_nginx() {
  copy_snippets
  cp /etc/nginx/fastcgi_params .
  surround nginx.conf >nginx.conf
  if [ -n "$server_user" ]; then echo "user $server_user;" >>nginx.conf; fi
  serve nginx nginx -p "$throwaway" -c nginx.conf -e nginx.log
}

# start_on_socket NAME COMMAND...: starts a backend that makes NAME.sock in this directory; the web server may connect.
start_on_socket() {
  start "$@"
  wait_long_until test -S "$1.sock" || fail "$1 does not start: $(tail -n 3 "$1.log")"
  if [ -n "$server_user" ]; then chgrp "$server_user" "$1.sock"; fi
}

# judge_nginx: fails if `bearerd doctor nginx` finds something in this directory's nginx.conf.
judge_nginx() {
  nginx -T -p "$throwaway" -c nginx.conf -e stderr >whole.conf 2>nginx-T.log || fail "$(cat nginx-T.log)"
  bearerd doctor nginx whole.conf >doctor 2>&1 || fail "doctor nginx: $(cat doctor)"
}

# start_php: listens on php-fpm.sock in this directory.
start_php() {
  local fpm
  # On Debian its name contains the version.
  for fpm in /usr/sbin/php-fpm*; do true; done
  surround php-fpm.conf | sed "s|USER|${server_user:-$(id -un)}|" >php-fpm.conf
  start php-fpm "$fpm" --nodaemonize --fpm-config php-fpm.conf
  wait_until test -S php-fpm.sock || fail "PHP does not start: $(tail -n 3 php-fpm.log)"
}

# copy_snippets: copies the nginx snippets, for a daemon at bearerd.sock and a cache in this directory. Existing ones
# stay.
copy_snippets() {
  local snippet
  mkdir -p snippets
  for snippet in "$root"/nginx/bearerd-*.conf; do
    if [ -e "snippets/${snippet##*/}" ]; then continue; fi
    sed "s|/run/bearerd/|$throwaway/|; s|/run/nginx-bearerd|$throwaway/kept|" "$snippet" >"snippets/${snippet##*/}"
  done
}

# lend_certificate HOST: creates a certificate for a site over TLS. $lent has the changes for `adapt`. From here on curl
# connects to this directory's site if it requests HOST, so that the URLs are those of a real host.
lend_certificate() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" \
    -addext "subjectAltName=DNS:$1" -keyout key -out certificate &>openssl.log || fail "$(cat openssl.log)"
  printf 'connect-to = %s:443:127.0.0.1:%s\ncacert = certificate\n' "$1" "$port" >.curlrc
  export CURL_HOME=$throwaway
  site=https://$1
  lent=('listen 443' "listen 127.0.0.1:$port" "/etc/ssl/certs/$1.pem" certificate "/etc/ssl/private/$1.key" key)
}
