#!/bin/bash
# package_test.sh [FILE.deb]: installs the package, build/coffre_*.deb, with all that it depends on into a
# bare Debian 12 in a temporary folder, and uses it there. Root only; needs a Debian mirror (MIRROR) and about
# a gigabyte in TMPDIR. All mounts are in a namespace of their own and go with it, the folder is removed at
# the end.
set -euo pipefail
umask 022

mirror=${MIRROR:-http://deb.debian.org/debian}
root=$(cd "$(dirname "$0")/.." && pwd)

[ "$(id -u)" -eq 0 ] || { echo "package_test.sh: run it as root" >&2; exit 1; }

# Outside: makes the folder, runs this script again in the namespace, removes the folder however that ends.
if [ -z "${COFFRE_BARE:-}" ]; then
    COFFRE_BARE=$(mktemp -d "${TMPDIR:-/var/tmp}/coffre-bare.XXXXXXXX")
    export COFFRE_BARE
    child=
    # shellcheck disable=SC2317  # the trap calls it
    cleanup() {
        if [ -n "$child" ]; then
            kill -KILL "$child" 2>/dev/null || true
            wait "$child" 2>/dev/null || true
        fi
        rm -rf --one-file-system -- "$COFFRE_BARE"
    }
    trap cleanup EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    unshare --mount --propagation private --pid --fork --kill-child "$0" "$@" &
    child=$!
    status=0
    wait "$child" || status=$?
    child=
    exit "$status"
fi

bare=$COFFRE_BARE
unset COFFRE_BARE
deb=${1:-$(ls "$root"/build/coffre_*.deb)}
[ -f "$deb" ] || { echo "package_test.sh: no package: run 'make package' first" >&2; exit 1; }

step=starting
finished=false
trap 'if [ "$finished" != true ]; then echo "package_test.sh: not as promised: $step" >&2; fi' EXIT

heading() {
    step=$1
    printf '== %s\n' "$step"
}

# Nothing of the caller's settings gets in.
inside() {
    chroot "$bare" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
        DEBIAN_FRONTEND=noninteractive "$@"
}

heading "a bare Debian 12"
log=$(debootstrap --variant=minbase bookworm "$bare" "$mirror" 2>&1) || { tail -n 20 <<<"$log" >&2; exit 1; }
mount -t proc proc "$bare/proc"
mkdir -p "$bare/dev/shm"
mount -t tmpfs -o size=64m tmpfs "$bare/dev/shm"

heading "the package and what it depends on"
cp "$deb" "$bare/tmp/coffre.deb"
inside apt-get install -y -q --no-install-recommends /tmp/coffre.deb >"$bare/tmp/log" 2>&1 ||
    { tail -n 20 "$bare/tmp/log" >&2; exit 1; }

heading "its version"
# shellcheck disable=SC2016  # dpkg-query expands it
version=$(inside dpkg-query -W -f '${Version}' coffre)
inside coffre version
inside coffre version | grep -qxF "coffre $version"

heading "its files"
for file in man/man1/coffre.1.gz man/man1/coffre-capture.1.gz man/fr/man1/coffre.1.gz \
            man/fr/man1/coffre-capture.1.gz \
            doc/coffre/copyright doc/coffre/README.md doc/coffre/CHANGELOG.md \
            doc/coffre/docs/cli/capture.fr.md doc/coffre/examples/config.toml \
            zsh/vendor-completions/_coffre fish/vendor_completions.d/coffre.fish; do
    test -s "$bare/usr/share/$file" || { echo "missing: /usr/share/$file" >&2; exit 1; }
done
inside bash -n /usr/share/bash-completion/completions/coffre
# shellcheck disable=SC2016  # it is the shell inside that expands
inside bash -c '. /usr/share/bash-completion/completions/coffre && complete -p coffre'

heading "a repository, a capture, and back"
mkdir -p "$bare/root/export/sub"
echo '<users><user name="operator"/></users>' >"$bare/root/export/users.xml"
echo 'motion = on' >"$bare/root/export/sub/recording.ini"
echo 'a passphrase for this test' >"$bare/root/passphrase"
settings=(--repo /root/repo --password-file /root/passphrase)
inside coffre init "${settings[@]}" --client CLIEXEMP --site SIEGEPARIS --simulated --key-file-out /root/key
settings=(--repo /root/repo --key-file /root/key)
inside coffre capture "${settings[@]}" NVR-HALL --type NVR --from /root/export -m 'first'
inside coffre log "${settings[@]}"
inside coffre log "${settings[@]}" | grep -q CLIEXEMP_SIEGEPARIS_NVR_NVR-HALL_
inside coffre verify "${settings[@]}" --read-data
inside coffre restore "${settings[@]}" NVR-HALL --to /dev/shm/back
diff -r "$bare/root/export" "$bare/dev/shm/back"

heading "away again"
inside apt-get purge -y -q coffre >"$bare/tmp/log" 2>&1 || { tail -n 20 "$bare/tmp/log" >&2; exit 1; }
test ! -e "$bare/usr/bin/coffre"
test ! -e "$bare/usr/share/doc/coffre"
test -s "$bare/root/repo/coffre.json"

finished=true
echo "the package works on a bare Debian 12"
