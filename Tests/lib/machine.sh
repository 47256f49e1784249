# A copy of this machine to try things in as its root: its files, its network and its processes are its own, and gone
# with the script.

# enter_copy ARGUMENT...: starts the script anew with these arguments, inside; returns there. Its folder is $throwaway.
enter_copy() {
  if [ -z "${BEARERD_COPY-}" ]; then
    make_throwaway
    local user=()
    if [ "$(id -u)" != 0 ]; then user=(--map-root-user); fi
    # Inside is no network: what must be built is built before.
    export BEARERD=${bearerd-${BEARERD-}} BEARERD_COPY=$throwaway
    unshare "${user[@]}" --mount --net --pid --ipc --fork --kill-child --mount-proc "$this_script" "$@"
    exit 0
  fi
  local folder copy=$BEARERD_COPY here=$PWD
  unset BEARERD_COPY
  mount -t tmpfs none "$copy"
  for folder in etc usr/local run var "${HOME#/}"; do
    mkdir -p "$copy/$folder"/{new,work}
    mount -t overlay overlay -o "lowerdir=/$folder,upperdir=$copy/$folder/new,workdir=$copy/$folder/work" "/$folder"
  done
  # The checkout may lie in one of them.
  cd "$here"
  ip link set lo up
  mkdir -p /run/lock "$copy/files"
  throwaway=$copy/files
}
