# Python packages, which apt does not bring: kept outside of the repository, so that the next run finds them.

# need_python_packages FILE: what FILE lists, each in its exact version, for $python.
need_python_packages() {
  local folder
  need_packages python3-venv
  folder=$(cat "$1" <(/usr/bin/python3 --version) | sha256sum | cut -c 1-16)
  folder=${XDG_CACHE_HOME:-$HOME/.cache}/bearerd-tests/python-$folder
  mkdir -p "${folder%/*}"
  python=$folder/bin/python
  # Two runs at once: one waits for the other.
  run_with_progress "looking for the packages of ${1#"$root"/}" flock "$folder.lock" bash -c "$install_python_packages" bash "$folder" "$1"
}

# Whole, or not at all: the mark is written last.
# shellcheck disable=SC2016
install_python_packages='
  set -eu
  if [ -e "$1/whole" ]; then exit; fi
  rm -rf "$1"
  /usr/bin/python3 -m venv "$1"
  "$1/bin/pip" install --disable-pip-version-check --no-input --requirement "$2"
  touch "$1/whole"
'
