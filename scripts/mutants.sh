#!/bin/bash
# Are the rules tested? Switches each rule of tests/mutants.txt off once, in a copy of the sources, and shows
# the first test that falls. Ends with 1 where none does.
set -euo pipefail
cd "$(dirname "$0")/.."

work=build/mutants
rm -rf "$work/source"
mkdir -p "$work/source"
git ls-files -z | xargs -0 cp --parents -t "$work/source"
cmake -S "$work/source" -B "$work/build" -G Ninja -DBUILD_TESTING=ON -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_CXX_FLAGS_RELEASE=-O1 >"$work/log"
ninja -C "$work/build" rules_tests >>"$work/log"
tests="$work/build/tests/rules_tests"
"$tests" --gtest_brief=1 >>"$work/log"

total=0
unnoticed=0
try() { # FILE RULE INSTEAD
    python3 - "$work/source/$1" "$2" "$3" <<'PY'
import sys

path, rule, instead = sys.argv[1:]
text = open(path, encoding="utf-8").read()
if text.count(rule) != 1:
    sys.exit(f"{path}: stands there {text.count(rule)} times, not once: {rule}")
open(path, "w", encoding="utf-8").write(text.replace(rule, instead))
PY
    local fell
    if ninja -C "$work/build" rules_tests >"$work/log" 2>&1; then
        fell=$("$tests" --gtest_brief=1 2>&1 | sed -n 's/^\[  FAILED  \] \([^ ]*\).*/\1/p' |
            sort -u | head -n 1) || true
    else
        fell=""
        cat "$work/log"
    fi
    total=$((total + 1))
    [[ -n $fell ]] || unnoticed=$((unnoticed + 1))
    printf '%-70s %s\n' "${fell:-NO TEST FELL}" "$2"
    cp "store/rules/${1##*/}" "$work/source/$1"
}

file=""
rule=""
while IFS= read -r line; do
    case $line in
        @*) file="store/rules/${line#@ }" ;;
        -*) rule=${line#- } ;;
        +*) try "$file" "$rule" "$(sed 's/^+ \{0,1\}//' <<<"$line")" ;;
    esac
done <tests/mutants.txt
echo "$total rules switched off, $unnoticed unnoticed"
[[ $unnoticed -eq 0 ]]
