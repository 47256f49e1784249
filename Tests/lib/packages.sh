# The one list of Debian packages.

build_packages=(libfcgi-dev libssl-dev pkg-config)
site_packages=(nginx-light curl)
example_packages=(curl python3)
apache_packages=(apache2 libapache2-mod-fcgid)
lighttpd_packages=(lighttpd lighttpd-modules-lua)
caddy_packages=(caddy)
haproxy_packages=(haproxy)
php_packages=(nginx-light php-fpm)
spawn_packages=(spawn-fcgi multiwatch)
# CGI programs behind nginx, and as other users behind Apache.
cgi_packages=(fcgiwrap apache2-suexec-pristine)
# Clients that send the token by Basic, and what they reach.
client_packages=(git wget rclone restic fcgiwrap dpkg)
browser_packages=(chromium fonts-dejavu-core)
prometheus_packages=(prometheus)
# Copies of this machine, and Debian systems in a directory.
copy_packages=(iproute2 libfcgi-bin systemd util-linux)
machine_packages=(mmdebstrap systemd-container util-linux procps)
manual_packages=(scdoc man-db openssl)
debian_packages=(build-essential dpkg-dev debhelper lintian scdoc man-db)
runit_packages=(runit)
sysvinit_packages=(dpkg logrotate init-system-helpers sysvinit-utils)
fail2ban_packages=(fail2ban python3-systemd nftables)
fleet_packages=(apache2-utils libfcgi-bin procps rsync ansible-core etcd-server etcd-client)
container_packages=("${machine_packages[@]}" buildah docker-compose python3-yaml)
kubernetes_packages=(procps)
# The benchmark's load; and the programs that bearerd is compared with, which --quick does not need.
load_packages=(gcc libc6-dev wrk strace python3)
peer_packages=(golang-go libnginx-mod-http-js libnginx-mod-http-lua fcgiwrap uwsgi-core uwsgi-plugin-python3 valgrind)
test_packages=(
  faketime strace python3 python3-venv openssl iproute2 util-linux acl rsync
  systemd apache2-utils libapache2-mod-xsendfile libapache2-mod-wsgi-py3 php-cgi lighttpd-mod-openssl
  "${apache_packages[@]}" "${lighttpd_packages[@]}" "${caddy_packages[@]}" "${haproxy_packages[@]}"
  "${php_packages[@]}" "${spawn_packages[@]}" "${cgi_packages[@]}" "${browser_packages[@]}" "${prometheus_packages[@]}"
  "${client_packages[@]}"
)

# need_packages NAME...: installs those that are missing. It needs root only then.
need_packages() {
  local missing=() name as_root=()
  for name in "$@"; do
    is_installed "$name" || missing+=("$name")
  done
  if [ ${#missing[@]} = 0 ]; then return; fi
  command -v apt-get >/dev/null || fail "please install ${missing[*]}, or the same packages of your system"
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || fail "please run as root: apt-get install ${missing[*]}"
    progress "installing ${missing[*]} with apt; sudo may ask for your password"
    sudo -v
    as_root=(sudo)
  fi
  # An old package list may name files that no longer exist.
  run_with_progress "updating the package list" "${as_root[@]}" apt-get update
  run_with_progress "installing ${missing[*]}" "${as_root[@]}" bash -c "$install_without_starting" bash "${missing[@]}"
}

# Without this file, Debian would start each server that apt installs, all on port 80.
install_without_starting='
  policy=/usr/sbin/policy-rc.d
  if [ ! -e $policy ]; then
    trap "rm -f $policy" EXIT
    printf "#!/bin/sh\nexit 101\n" >$policy && chmod 755 $policy
  fi
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
'

# Another package may provide the same: nginx-full, a newer curl, your own python.
is_installed() {
  case $1 in
    nginx-light) command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] ;;
    curl | openssl | python3) command -v "$1" >/dev/null ;;
    pkg-config) command -v pkg-config >/dev/null ;;
    *) dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed' ;;
  esac
}

# On Debian, servers are not in a plain user's PATH.
PATH=$PATH:/usr/sbin:/sbin
