#!/bin/bash
# tidy.sh [REF]: clang-tidy on every source of the release build, or on those changed since REF (a header that
# changed stands for all: everything is checked). build/release must be configured.
set -euo pipefail
cd "$(dirname "$0")/.."

sources='(base|store|drivers|hooks|cli|tests)/.*\.cpp$'
selected=("/$sources")
if [ -n "${1:-}" ]; then
    changed=$(git diff --name-only --diff-filter=d "$1" --; git ls-files --others --exclude-standard)
    if ! grep -qE '\.(hpp|def)$|^\.clang-tidy$' <<<"$changed"; then
        mapfile -t selected < <(grep -E "^$sources" <<<"$changed" | sed 's|[.+]|\\&|g; s|^|/|; s|$|$|')
        if [ ${#selected[@]} -eq 0 ]; then echo "tidy.sh: no source changed since $1"; exit 0; fi
    fi
fi
exec run-clang-tidy-19 -quiet -p build/release -j "${JOBS:-2}" "${selected[@]}"
