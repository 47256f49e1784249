# Tests of the Debian package in the Debian of make_debian. Source this file after shell.sh.

# raise_version PACKAGE NEW: makes the same package with a higher version.
raise_version() {
  dpkg-deb -R "$1" "$throwaway/raised"
  sed -i 's/^Version: .*/&+next/' "$throwaway/raised/DEBIAN/control"
  dpkg-deb -Znone --build "$throwaway/raised" "$2" >/dev/null
  rm -r "$throwaway/raised"
}

# The page that write_site protects, in the container's network.
readonly page_in_debian=http://127.0.0.1:8088/private/index.html

# write_site: a site for the nginx of the Debian, with a protected page.
write_site() {
  mkdir -p "$debian/var/www/html/private"
  echo 'for applications only' >"$debian/var/www/html/private/index.html"
  cat >"$debian/etc/nginx/conf.d/site.conf" <<'SITE'
include snippets/bearerd-upstream.conf;
server {
    listen 127.0.0.1:8088;
    root /var/www/html;
    include snippets/bearerd-auth.conf;
    include snippets/bearerd-denied.conf;
    location /private/ {
        include snippets/bearerd-guard.conf;
    }
}
SITE
}

# status [TOKEN]: nginx's status for a request for that page with the token.
status() {
  printf 'Authorization: Bearer %s\n' "${1:-none}" |
    in_debian curl -s -o /dev/null -w '%{http_code}' --max-time 10 -H @- "$page_in_debian"
}
is_status() { [ "$(status "${2-}")" = "$1" ]; }

# property NAME: a property of the service in systemd.
property() { in_debian systemctl show --value -p "$1" bearerd.service; }
journal() { in_debian journalctl --no-pager -u bearerd.service "$@"; }

# tokens_in_debian: the token file's inode, time, mode and owner, and its content.
tokens_in_debian() {
  in_debian stat -c '%i %Y %a %U %G' /etc/bearerd/tokens
  cat "$debian/etc/bearerd/tokens"
}

# upgrade_under_load PACKAGE TOKEN: no request may fail meanwhile, and the tokens stay as they are.
upgrade_under_load() {
  local before process
  before=$(tokens_in_debian)
  process=$(property MainPID)
  # ab runs here, but in the container's network.
  start_load "$page_in_debian" "$2" nsenter --target "$init" --net
  load_goes_on
  run_with_progress "upgrading it under load" in_debian dpkg -i "$1"
  [ "$(property MainPID)" != "$process" ] || fail "the upgrade did not restart it"
  load_goes_on
  end_load
  progress "$complete requests meanwhile, none failed"
  [ "$before" = "$(tokens_in_debian)" ] || fail "the upgrade touched the tokens"
}
