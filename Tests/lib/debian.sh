# A fresh Debian in a directory, independent of this machine, which can boot its own systemd.

debian=
debian_tar=
debian_lock=
init=
machine_options=()
debian_mirror=${DEBIAN_MIRROR-http://deb.debian.org/debian}
# The Debian that make_debian makes.
debian_release=bookworm

# need_root ARGUMENT...: restarts the script as root if it is not.
need_root() {
  if [ "$(id -u)" = 0 ]; then return; fi
  command -v sudo >/dev/null || fail "please run as root: $this_script"
  progress "this script needs root; sudo may ask for your password"
  exec sudo --preserve-env=PATH,BEARERD "$this_script" "$@"
}

# make_debian_tar: a small Debian as a tar, in $debian_tar. All scripts share it; it is made again after a day.
make_debian_tar() {
  debian_tar=$root/.build/$debian_release.tar
  # The lock ends with its descriptor, however this script ends.
  exec {debian_lock}>"$debian_tar.lock"
  flock "$debian_lock"
  if [ -z "$(find "$debian_tar" -mmin -1440 2>/dev/null)" ]; then
    run_with_progress "making a small Debian, $debian_release" \
      mmdebstrap --variant=minbase "$debian_release" "$throwaway/debian.tar" "$debian_mirror"
    mv "$throwaway/debian.tar" "$debian_tar.new"
    mv "$debian_tar.new" "$debian_tar"
  fi
  exec {debian_lock}>&-
}

# make_debian PACKAGE...: creates a Debian with these packages in $debian. Its systemd does not run yet.
make_debian() {
  debian=$throwaway/debian
  machine_options=(--quiet --directory="$debian" --register=no --keep-unit --link-journal=no --timezone=off)
  make_debian_tar
  mkdir "$debian"
  tar -C "$debian" --numeric-owner --xattrs --xattrs-include='*' -xpf "$debian_tar"
  run_with_progress "installing systemd, dbus, $*" \
    in_debian sh -ec "apt-get update; $install_without_starting" sh systemd-sysv dbus "$@"
}

# in_debian COMMAND...: runs a command in it as root; if it is booted, in its namespaces.
in_debian() {
  if [ -n "$init" ]; then
    nsenter --target "$init" --all -- "$@"
  else
    # Not chroot: a Swift program needs /proc to know its arguments. nspawn complains if /run is on a disk.
    systemd-nspawn "${machine_options[@]}" --resolv-conf=copy-host --pipe -- "$@" \
      2> >(grep -v 'Attempted to remove disk file system' >&2)
  fi
}

# boot_debian: boots it with a private network that is not connected.
boot_debian() {
  progress "booting it"
  systemd-nspawn "${machine_options[@]}" --boot --private-network --resolv-conf=off --console=pipe \
    </dev/null &>"$throwaway/boot" &
  local machine=$!
  started+=("$machine")
  wait_until has_child "$machine" || fail "systemd-nspawn: $(cat "$throwaway/boot")"
  init=$(pgrep -P "$machine")
  wait_long_until is_booted || fail "it does not boot: $(in_debian journalctl -b --no-pager -n 30)"
}

has_child() { pgrep -P "$1" >/dev/null; }

# "degraded": a unit failed, which need not be one of bearerd's.
is_booted() {
  local state
  state=$(in_debian systemctl is-system-running 2>/dev/null || true)
  [[ $state == running || $state == degraded ]]
}
