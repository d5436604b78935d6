#!/bin/sh
# site.sh OUT: the pages of docs/cli as a small static site, English and French. Needs lowdown.
set -eu

here=$(cd "$(dirname "$0")/.." && pwd)
out=$1
mkdir -p "$out"
cat >"$out/style.css" <<'CSS'
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46em; margin: 2em auto; padding: 0 1em; color: #222; }
pre { background: #f4f4f2; padding: .8em; overflow-x: auto; }
code { background: #f4f4f2; padding: 0 .2em; }
nav { font-size: .9em; }
CSS

page() {
    lang=$1 source=$2 target=$3 command=$4
    suffix= other=fr
    if [ "$lang" = fr ]; then suffix=.fr other=en; fi
    otherpage=$command.html
    [ "$other" = fr ] && otherpage=$command.fr.html
    {
        printf '<!DOCTYPE html>\n<html lang="%s"><meta charset="utf-8"><meta name="viewport" ' "$lang"
        printf 'content="width=device-width"><title>%s</title>' "$command"
        printf '<link rel="stylesheet" href="style.css">\n'
        printf '<nav><a href="index%s.html">coffre</a> · ' "$suffix"
        printf '<a href="%s">%s</a></nav>\n' "$otherpage" "$other"
        lowdown -Thtml "$source"
        printf '</html>\n'
    } >"$target"
}

for source in "$here"/docs/cli/*.md; do
    file=$(basename "$source" .md)
    command=${file%.fr}
    case $file in
        *.fr) page fr "$source" "$out/$command.fr.html" "$command" ;;
        *) page en "$source" "$out/$command.html" "$command" ;;
    esac
done

# The overview is the index; its list of commands leads to their pages.
for suffix in '' .fr; do
    sed -E "s#<li>(<p>)?<code>([a-z]+)</code>:#<li>\1<a href=\"\2$suffix.html\"><code>\2</code></a>:#" \
        "$out/coffre$suffix.html" >"$out/index$suffix.html"
done
