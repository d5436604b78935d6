#!/bin/sh
# package_test.sh: installs the package of build/ with its dependencies into a bare Debian and uses it there.
# Needs root, debootstrap and a Debian mirror. Leaves nothing behind.
set -eu

here=$(cd "$(dirname "$0")/.." && pwd)
package=$(ls "$here"/build/coffre_*.deb | tail -n 1)
root=$(mktemp -d "${TMPDIR:-/tmp}/coffre-bare-XXXXXX")
finish() {
    if mountpoint -q "$root/proc"; then umount "$root/proc"; fi
    rm -rf --one-file-system "$root"
}
trap finish EXIT INT TERM

debootstrap --variant=minbase bookworm "$root" "${DEBIAN_MIRROR:-http://deb.debian.org/debian}" >"$root.log" 2>&1 ||
    { tail -n 20 "$root.log"; exit 1; }
rm -f "$root.log"
mount -t proc proc "$root/proc"
cp "$package" "$root/coffre.deb"
chroot "$root" env DEBIAN_FRONTEND=noninteractive \
    apt-get -y -q install --no-install-recommends /coffre.deb >/dev/null

cat >"$root/use.sh" <<'USE'
set -eu
export LC_ALL=C.UTF-8 HOME=/root COFFRE_REPO=/srv/site COFFRE_KEY_FILE=/root/site.key
printf 'correct horse battery staple\n' >/root/passphrase
COFFRE_KEY_FILE= coffre init --client CLIEXEMP --site SIEGEPARIS --password-file /root/passphrase \
    --key-file-out /root/site.key
mkdir /root/export
printf '<nvr><camera id="1"/></nvr>\n' >/root/export/config.xml
coffre capture NVR-HALL --type NVR --from /root/export
printf '<nvr><camera id="1"/><camera id="2"/></nvr>\n' >/root/export/config.xml
coffre capture NVR-HALL --from /root/export --remove-source
coffre diff NVR-HALL --raw
coffre log
coffre verify --read-data
coffre --lang fr help capture | grep -q 'sauvegarder'
test -e /usr/share/bash-completion/completions/coffre
bash -n /usr/share/bash-completion/completions/coffre
coffre version
USE
chroot "$root" sh /use.sh
echo "package_test.sh: ok"
