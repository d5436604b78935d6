#!/bin/sh
# manpages.sh OUT: the manual pages, from docs/cli, in OUT/man1 and OUT/fr/man1. Needs lowdown. The date is
# the newest one of CHANGELOG.md or SOURCE_DATE_EPOCH's, so that the same sources give the same pages.
set -eu

here=$(cd "$(dirname "$0")/.." && pwd)
out=$1
version=$(sed -n 's/^project(coffre VERSION \([0-9.]*\).*/\1/p' "$here/CMakeLists.txt")
date=$(sed -n 's/^## .*\([0-9]\{4\}-[0-9][0-9]-[0-9][0-9]\).*/\1/p' "$here/CHANGELOG.md" | head -n 1)
if [ -n "${SOURCE_DATE_EPOCH:-}" ]; then date=$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%d); fi

# The sections that a manual page has and a page of docs/cli implies; items as definitions.
as_manual() {
    awk -v name="$1" '
        NR == 1 { next }
        NR == 3 { print "# NAME\n\n" name " - " $0 "\n\n# SYNOPSIS\n"; next }
        /^    / && !described { in_synopsis = 1; print; next }
        in_synopsis && /^$/ && !described { described = 1; print "\n# DESCRIPTION\n"; next }
        /^## / { print "# " toupper(substr($0, 4)); next }
        /^- `/ {
            at = index(substr($0, 4), "`:")
            print "\n`" substr($0, 4, at - 1) "`\n: " substr($0, at + 6)
            next
        }
        { print }'
}

page() {
    source=$1 target=$2 name=$3
    mkdir -p "$(dirname "$target")"
    as_manual "$name" <"$source" |
        lowdown -s -Tman -m title="$name" -m section=1 -m date="$date" -m source="coffre $version" \
            -m volume="coffre" -o "$target"
}

for source in "$here"/docs/cli/*.md; do
    file=$(basename "$source" .md)
    command=${file%.fr}
    name=coffre-$command
    [ "$command" = coffre ] && name=coffre
    case $file in
        *.fr) page "$source" "$out/fr/man1/$name.1" "$name" ;;
        *) page "$source" "$out/man1/$name.1" "$name" ;;
    esac
done
