#!/bin/bash
# small_medium.sh COMMAND...: runs COMMAND with small file systems of its own. COFFRE_TEST_MEDIUM names one of
# 8 MiB: ext4 on a loop device, or (not with CI=true) tmpfs where there are none. COFFRE_TEST_ENCRYPTED names
# one that is encrypted (gocryptfs); it is empty where there is no FUSE. All are in a mount namespace of their
# own and go with it. Where nothing may be mounted: fails with CI=true, else says so and ends with 77.
set -euo pipefail

if [ -z "${COFFRE_SMALL_MEDIUM:-}" ]; then
    COFFRE_SMALL_MEDIUM=$(mktemp -d "${TMPDIR:-/tmp}/coffre-medium.XXXXXXXX")
    export COFFRE_SMALL_MEDIUM
    trap 'rm -rf --one-file-system -- "$COFFRE_SMALL_MEDIUM"' EXIT
    namespace=(unshare --mount --propagation private)
    [ "$(id -u)" -eq 0 ] || namespace+=(--map-root-user)
    status=0
    "${namespace[@]}" "$0" "$@" || status=$?
    exit "$status"
fi

here=$COFFRE_SMALL_MEDIUM
point=$here/medium
mkdir "$point"
unset COFFRE_SMALL_MEDIUM

ext4() {
    truncate -s 8M "$here/image" && mkfs.ext4 -q -F -m 0 "$here/image" &&
        mount -o loop,noatime "$here/image" "$point"
}

if ext4 2>"$here/why"; then
    echo "small_medium.sh: 8 MiB of ext4 on a loop device"
elif mount -t tmpfs -o size=8m none "$point" 2>>"$here/why"; then
    echo "small_medium.sh: 8 MiB of tmpfs; no ext4: $(tail -n 1 "$here/why")"
    # Memory cannot show that what is read back comes from the medium.
    [ "${CI:-}" != true ] || exit 1
else
    echo "small_medium.sh: nothing may be mounted here: $(tail -n 1 "$here/why")" >&2
    [ "${CI:-}" = true ] && exit 1
    exit 77
fi

encrypted=$here/encrypted
mkdir "$here/cipher" "$encrypted"
echo pass >"$here/word"
if gocryptfs -init -q -scryptn 10 -passfile "$here/word" "$here/cipher" 2>"$here/why" &&
    gocryptfs -q -passfile "$here/word" "$here/cipher" "$encrypted" 2>>"$here/why"; then
    trap 'umount "$encrypted"' EXIT
else
    echo "small_medium.sh: no encrypted file system: $(tail -n 1 "$here/why")" >&2
    [ "${CI:-}" = true ] && exit 1
    encrypted=
fi

COFFRE_TEST_MEDIUM=$point COFFRE_TEST_ENCRYPTED=$encrypted "$@"
