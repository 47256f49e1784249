# A copy of this machine in which the script is root: it has its own file system, network and processes, which end with
# the script.

# enter_copy ARGUMENT...: restarts the script with these arguments inside the copy, and returns only there.
enter_copy() {
  if [ -z "${BEARERD_COPY-}" ]; then
    make_throwaway
    local user=()
    if [ "$(id -u)" != 0 ]; then user=(--map-root-user); fi
    # The copy has no network: build everything before.
    export BEARERD=${bearerd-${BEARERD-}} BEARERD_COPY=$throwaway
    unshare "${user[@]}" --mount --net --pid --ipc --fork --kill-child --mount-proc "$this_script" "$@"
    exit 0
  fi
  local directory copy=$BEARERD_COPY here=$PWD
  unset BEARERD_COPY
  mount -t tmpfs none "$copy"
  for directory in etc usr/local run var "${HOME#/}"; do
    mkdir -p "$copy/$directory"/{new,work}
    mount -t overlay overlay -o "lowerdir=/$directory,upperdir=$copy/$directory/new,workdir=$copy/$directory/work" "/$directory"
  done
  # The checkout may be in one of them.
  cd "$here"
  ip link set lo up
  mkdir -p /run/lock "$copy/files"
  throwaway=$copy/files
}
