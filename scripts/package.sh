#!/bin/sh
# package.sh: builds the Debian package into build/ from a copy of the tree, and has lintian look at it.
# Needs what `scripts/setup.sh package` installs.
set -eu

here=$(cd "$(dirname "$0")/.." && pwd)
version=$(sed -n 's/^project(coffre VERSION \([0-9.]*\).*/\1/p' "$here/CMakeLists.txt")
stage=$here/build/package
rm -rf "$stage"
mkdir -p "$stage/coffre-$version"
(cd "$here" && git ls-files -z --cached --others --exclude-standard | tar --null -T - -cf -) |
    tar -xf - -C "$stage/coffre-$version"
cd "$stage/coffre-$version"
# The newest entry of CHANGELOG.md dates the package.
date=$(sed -n 's/^## .*\([0-9]\{4\}-[0-9][0-9]-[0-9][0-9]\).*/\1/p' CHANGELOG.md | head -n 1)
{
    printf 'coffre (%s) unstable; urgency=medium\n\n' "$version"
    printf '  * See /usr/share/doc/coffre/changelog.gz.\n\n'
    printf ' -- coffre maintainers <coffre@localhost.localdomain>  %s\n' \
        "$(LC_ALL=C date -u -R -d "${date:?}")"
} >debian/changelog
# Exceptions, with their reasons: debian/coffre.lintian-overrides.
DEB_BUILD_OPTIONS="parallel=$(nproc) nocheck" dpkg-buildpackage -b -us -uc >"$stage/build.log" 2>&1 ||
    { tail -n 40 "$stage/build.log"; exit 1; }
mv "$stage"/coffre_"$version"_*.deb "$here/build/"
lintian --allow-root --fail-on error,warning "$here"/build/coffre_"$version"_*.deb
ls "$here"/build/coffre_"$version"_*.deb
