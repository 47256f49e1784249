# What the scripts here share. Source it from bash: it sets the strict mode and brings all helpers.

set -euo pipefail

readonly root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

for helper in output cleanup packages ports python swift; do
  # shellcheck source=/dev/null
  source "$root/Tests/lib/$helper.sh"
done
unset helper
