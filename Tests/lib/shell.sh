# What the scripts share. Source this file from bash: it sets the strict mode and loads all helpers.

set -euo pipefail

readonly root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly this_script=$(realpath "$0")

for helper in output cleanup packages suites ports python swift machine daemon debian load; do
  # shellcheck source=/dev/null
  source "$root/Tests/lib/$helper.sh"
done
unset helper
