#!/bin/sh
# Makes golden/ anew with the executable $COFFRE_EXE: a repository, its key file, what restoring must give.
# Only a change of the format is a reason to run it: the golden repository stands for those already written.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
exe=$(realpath "${COFFRE_EXE:-$here/../../build/coffre}")
temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT
export XDG_STATE_HOME="$temp/state" COFFRE_CACHE_DIR="$temp/cache" LC_ALL=C
umask 022
cd "$temp"

echo 'golden passphrase, public on purpose' > password
"$exe" init --simulated --client CLIEXEMP --site SIEGEPARIS --responsible 'Jeanne Exemple' \
  --key-file-out key --password-file password -r repo

# Three states of NVR-HALL and one of CAM-01; what does not change is linked, so that the archive has it once.
/usr/bin/python3 - <<'PYTHON'
import hashlib
import os
import shutil


def link_tree(source, target):
    shutil.copytree(source, target, symlinks=True,
                    copy_function=lambda a, b, **_: os.link(a, b, follow_symlinks=False))


def write(path, data, mode=0o644):
    if os.path.lexists(path):
        os.unlink(path)
    with open(path, "xb") as file:
        file.write(data)
    os.chmod(path, mode)


noise = b"".join(hashlib.sha256(b"golden %d" % i).digest() for i in range(200 * 1024 // 32))
lines = b"".join(b"channel %05d: codec=H.265 bitrate=4096 retention=30d\n" % i for i in range(32000))
os.makedirs("hebdo/archive/empty")
os.mkdir("hebdo/scripts")
write("hebdo/system.ini", b"[system]\nname=NVR-HALL\nfirmware=4.1.2\n")
write("hebdo/nothing", b"")
write("hebdo/.gitmodules", b"not of git\n")
write("hebdo/git~1", b"a short name of old\n")
write("hebdo/%=", b"a name that looks escaped\n")
write("hebdo/a\\.GIT", b"a folder elsewhere, a name here\n")
write(b"hebdo/cam\xe9ra-\xff.cfg", b"a name that is not UTF-8\n")
write("hebdo/scripts/export.sh", b"#!/bin/sh\nexit 0\n", 0o755)
os.symlink("../system.ini", "hebdo/scripts/current")
write("hebdo/archive/noise.bin", noise)
write("hebdo/archive/channels.txt", lines[:1536 * 1024])
link_tree("hebdo", "pre")
write("pre/system.ini", b"[system]\nname=NVR-HALL\nfirmware=4.1.2\nmaintenance=on\n")
link_tree("pre", "post")
write("post/system.ini", b"[system]\nname=NVR-HALL\nfirmware=4.2.0\n")
os.unlink("post/archive/noise.bin")
os.mkdir("cam")
write("cam/camera.json", b'{"model":"CAM","stream":"main"}\n')
PYTHON

capture() { # equipment type kind time folder
  "$exe" -r repo --key-file key --json capture "$1" --type "$2" --kind "$3" --at "$4" --from "$5" \
    -m "golden $5" > captured
  commit=$(sed -n 's/.*"commit": "\([0-9a-f]*\)".*/\1/p' captured)
  mv "$5" "expected-$commit"
}
# The folders are moved to the names of their commits; expected.tar holds one folder for each snapshot.
capture NVR-HALL NVR HEBDO 2025-05-10T03:00:00+02:00 hebdo
capture CAM-01 CAM HEBDO 2025-05-10T03:30:00+02:00 cam
capture NVR-HALL NVR PRE 2025-05-14T09:00:00+02:00 pre
capture NVR-HALL NVR POST 2025-05-14T17:45:00+02:00 post
tar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 --format=gnu --transform='s,^expected-,,rSh' \
  -cf expected.tar expected-*

rm -rf repo/tmp # scratch, no part of the repository; git would not keep it
rm -rf "$here/golden/repo"
mkdir -p "$here/golden"
mv repo "$here/golden/repo"
mv key expected.tar "$here/golden/"
cat > "$here/golden/README.md" <<'README'
# The golden repository

A simulated repository of format 1, its key file, and in `expected.tar` the files of each snapshot, by commit.
Every later version must read it. Its keys are public on purpose: it protects nothing.
Passphrase: `golden passphrase, public on purpose`. Made by `make_golden.sh`.
README
