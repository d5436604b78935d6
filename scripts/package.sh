#!/bin/bash
# package.sh: builds build/coffre_VERSION_ARCHITECTURE.deb from a copy of the source tree, without network.
# The version is that of CMakeLists.txt and debian/changelog is made here, so that neither can differ.
# Its date is SOURCE_DATE_EPOCH, else the last commit's: the same source makes the same package.
set -euo pipefail
export LC_ALL=C.UTF-8 TZ=UTC

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
version=$(sed -n 's/^project(coffre VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
[ -n "$version" ] || { echo "package.sh: CMakeLists.txt names no version" >&2; exit 1; }
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || stat -c %Y CHANGELOG.md)}
export SOURCE_DATE_EPOCH

# A copy: the working tree as it is, without what was built and without the history.
stage=$root/build/package
source=$stage/coffre-$version
rm -rf "$stage"
mkdir -p "$source"
tar -c --exclude=./build --exclude=./.git . | tar -x -C "$source"
cat >"$source/debian/changelog" <<CHANGELOG
coffre ($version) bookworm; urgency=medium

  * What is new is in /usr/share/doc/coffre/CHANGELOG.md.

 -- coffre maintainers <maintainers@coffre.invalid>  $(date -R -d "@$SOURCE_DATE_EPOCH")
CHANGELOG

cd "$source"
DEB_BUILD_OPTIONS="parallel=${JOBS:-$(nproc)} nocheck" dpkg-buildpackage -b -us -uc

cd "$stage"
lintian -i --fail-on error,warning "coffre_${version}_"*.changes
rm -f "$root"/build/coffre_*.deb
mv "coffre_${version}_"*.deb "$root/build/"
rm -rf "$stage"
ls "$root"/build/coffre_*.deb
