# Python packages that Debian does not package: kept outside the repository for the next run.

# need_python_packages FILE: installs the exact versions that FILE lists, for $python.
need_python_packages() {
  local directory
  need_packages python3-venv
  directory=$(cat "$1" <(/usr/bin/python3 --version) | sha256sum | cut -c 1-16)
  directory=${XDG_CACHE_HOME:-$HOME/.cache}/bearerd-tests/python-$directory
  mkdir -p "${directory%/*}"
  python=$directory/bin/python
  # If two scripts run at once, one waits for the other.
  run_with_progress "installing the packages of ${1#"$root"/}" flock "$directory.lock" bash -c "$install_python_packages" bash "$directory" "$1"
}

# The file `whole` is written last: without it, the installation starts again.
# shellcheck disable=SC2016
install_python_packages='
  set -eu
  if [ -e "$1/whole" ]; then exit; fi
  rm -rf "$1"
  /usr/bin/python3 -m venv "$1"
  "$1/bin/pip" install --disable-pip-version-check --no-input --requirement "$2"
  touch "$1/whole"
'
