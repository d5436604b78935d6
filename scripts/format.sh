#!/bin/bash
# format.sh [--check]: brings the sources into the project's format, or fails where they are not in it.
set -euo pipefail
cd "$(dirname "$0")/.."

mode=(-i)
if [ "${1:-}" = --check ]; then mode=(--dry-run -Werror); fi

folders=()
for folder in base store drivers hooks cli tests; do
    if [ -d "$folder" ]; then folders+=("$folder"); fi
done
find "${folders[@]}" \( -name '*.cpp' -o -name '*.hpp' \) -print0 | xargs -0 -n 50 clang-format "${mode[@]}"
