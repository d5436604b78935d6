#!/bin/bash
# demo.sh: a minute with coffre. Real configuration files of this machine are captured, changed, captured
# again and restored into memory; what comes back is compared byte by byte, and the repository is checked
# without any key. A simulated recorder on loopback is captured over HTTPS, broken and put back; a change
# of it that nobody declared becomes an anomaly, and one that is declared has its snapshots; what a medium
# holds is tested, and the site's dashboard made. Everything happens in a folder in memory that is removed at
# the end, also after a failure.
set -euo pipefail
umask 077

root=$(cd "$(dirname "$0")/.." && pwd)
if [ ! -x "$root/build/coffre" ]; then
    echo "demo.sh: build/coffre is not there: run 'make build' first" >&2
    exit 1
fi

scratch=$(mktemp -d /dev/shm/coffre-demo.XXXXXXXX)
step="starting"
finished=false
recorder=
cleanup() {
    if [ -n "$recorder" ]; then kill "$recorder" 2>/dev/null || true; fi
    rm -rf -- "$scratch"
    if [ "$finished" != true ]; then echo "demo.sh: not as promised: $step" >&2; fi
}
trap cleanup EXIT
trap 'step=interrupted; exit 130' INT
trap 'step=interrupted; exit 143' TERM HUP

# Nothing of the caller's settings gets in, nothing of ours gets out.
language=${COFFRE_LANG:-en}
for name in "${!COFFRE_@}"; do unset "$name"; done
export COFFRE_LANG=$language
export HOME=$scratch/home TMPDIR=$scratch/tmp
export XDG_CONFIG_HOME=$HOME/.config XDG_CACHE_HOME=$HOME/.cache XDG_STATE_HOME=$HOME/.local/state
export XDG_DATA_HOME=$HOME/.local/share XDG_RUNTIME_DIR=$scratch/run
mkdir -p "$HOME" "$TMPDIR" "$XDG_RUNTIME_DIR"
export PATH=$root/build:$PATH
cd "$scratch"

heading() {
    step=$1
    printf '\n== %s\n' "$step"
}

# Shows a command as it would be typed, and runs it.
run() {
    local word shown=
    for word in "$@"; do
        if [[ $word =~ ^[A-Za-z0-9_./=@:-]+$ ]]; then shown+=" $word"; else shown+=" '$word'"; fi
    done
    printf '$%s\n' "$shown"
    "$@"
}

# ---- What is captured: a part of /etc that anybody may read, copied so that it can be changed.
mkdir nvr-hall
for source in /etc/ssl/openssl.cnf /etc/security /etc/default /etc/pam.d /etc/profile.d /etc/login.defs \
              /etc/nsswitch.conf /etc/host.conf; do
    [ -e "$source" ] || continue
    { find "$source" \( -type l -o -type f -readable \) -print0 2>/dev/null || true; } |
        xargs -0 -r cp --parents --no-dereference -t nvr-hall
done
[ "$(find nvr-hall -type f | wc -l)" -ge 3 ] || { step="there is too little to read in /etc"; exit 1; }
cp -a nvr-hall as-it-was
head -c 24 /dev/urandom | base64 >passphrase

heading "A new repository, with two ways in: a passphrase and a key file"
run export COFFRE_REPO=repo
run export COFFRE_PASSWORD_FILE=passphrase
run coffre init --client CLIEXEMP --site SIEGEPARIS --key-file-out site.key
# From here on the key file opens it: no slow derivation.
run export COFFRE_KEY_FILE=site.key

heading "The configuration as it is, before an intervention"
run coffre capture NVR-HALL --type NVR --from nvr-hall --kind PRE -m 'before camera 7 is added'

heading "Somebody changes it: a new file, a longer one, one less"
longest=$(find nvr-hall -type f -printf '%s %p\n' | sort -n | sed -n '$p' | cut -d ' ' -f 2-)
shortest=$(find nvr-hall -type f -printf '%s %p\n' | sort -n | sed -n 1p | cut -d ' ' -f 2-)
chmod u+w "$longest"
printf '[camera 7]\naddress = 192.0.2.7\nrecording = continuous\n' >nvr-hall/camera-7.conf
printf '# camera 7 added\n' >>"$longest"
run rm -f "$shortest"
run diff -rq --no-dereference as-it-was nvr-hall || true

heading "The configuration after it"
run coffre capture NVR-HALL --kind POST --from nvr-hall -m 'camera 7 added'

heading "What there is"
run coffre log
step="opening it with the passphrase alone"
run env --unset=COFFRE_KEY_FILE coffre log -n 1
step="listing the files of a snapshot"
printf '$ coffre ls NVR-HALL@latest | tail -n 5\n'
coffre ls NVR-HALL@latest >listing
tail -n 5 listing
grep -q camera-7.conf listing

heading "Both states come back, byte for byte"
plaintext=()
if [ "$(wc -l </proc/swaps)" -gt 1 ]; then
    # Memory that may be swapped out in clear does not count as memory, and is refused without a reason given.
    plaintext=(--allow-plaintext 'demonstration, with files that anybody may read')
fi
run coffre restore 'NVR-HALL@{1}' --to before "${plaintext[@]}"
run diff -r --no-dereference as-it-was before
run coffre restore NVR-HALL@latest --to after "${plaintext[@]}"
run diff -r --no-dereference nvr-hall after
echo "no difference"

heading "A recorder on the network: a simulated one, on loopback, over HTTPS"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout recorder.key \
    -out recorder.pem -days 2 -subj /CN=NVR-QUAI >/dev/null 2>&1
head -c 12 /dev/urandom | base64 >recorder-password
mkfifo recorder-says
python3 -B "$root/tests/simulators/hikvision.py" --port 0 --cert recorder.pem --key recorder.key \
    --user coffre --password-file recorder-password --serial DEMO0000000001 >recorder-says 2>/dev/null &
recorder=$!
read -r url <recorder-says
run coffre equipment add NVR-QUAI --type NVR --driver hikvision --set url="$url" --set user=coffre \
    --secret-file password=recorder-password
rm recorder-password  # sealed in the repository from here on
run coffre equipment test NVR-QUAI
run coffre capture NVR-QUAI --kind PRE -m 'before the intervention'
pre=$(coffre log NVR-QUAI --kind PRE -n 1 --json | sed -n 's/.*"commit": "\(..........\).*/\1/p')

heading "An intervention goes wrong: a camera is renamed, a guard becomes administrator"
meddle() { curl -sSk --fail -o /dev/null -d "$2" "$url/__sim/$1"; }
meddle change '{"path":"/ISAPI/ContentMgmt/InputProxy/channels","id":"1","element":"name","text":"Quai Est"}'
meddle change '{"path":"/ISAPI/Security/users","id":"2","element":"userLevel","text":"Administrator"}'
run coffre capture NVR-QUAI --kind POST -m 'after the intervention'
run coffre diff NVR-QUAI
step="the difference names the camera and the guard"
coffre diff NVR-QUAI --json >changes.json
grep -q '"path": "cameras/1/name"' changes.json
grep -q '"path": "users/guard/level"' changes.json

heading "The configuration goes back into the recorder, is read back and compared"
run coffre restore "$pre" --to-equipment NVR-QUAI --dry-run
run coffre restore "$pre" --to-equipment NVR-QUAI --confirm-serial DEMO0000000001
step="nothing differs from the snapshot"
coffre diff "$pre" NVR-QUAI --exit-code

heading "A technician with an identity of their own, who answers for the site"
head -c 24 /dev/urandom | base64 >martin-passphrase
run coffre --password-file martin-passphrase identity new --name 'A. Martin'
coffre identity show --card >martin.card
run coffre people add 'A. Martin' --card martin.card
run coffre people responsible 'A. Martin'

heading "Somebody gives the guard more rights, and tells nobody"
meddle change '{"path":"/ISAPI/Security/users","id":"2","element":"userLevel","text":"Administrator"}'
run coffre capture NVR-QUAI
run coffre run
run coffre anomalies list
step="the undeclared change is an anomaly that holds no value"
coffre anomalies list --json >anomalies.json
grep -q '"kind": "undeclared_change"' anomalies.json
grep -q '"equipment": "NVR-QUAI"' anomalies.json
if grep -qi -e guard -e administrator anomalies.json; then exit 1; fi
undeclared=$(tr -d '\n' <anomalies.json | grep -o '"id": "ANO-[0-9a-f]*", *"kind": "undeclared_change"' |
    grep -o 'ANO-[0-9a-f]*')
run coffre anomalies resolve "$undeclared" -m 'the guard covers for the shift leader until Friday'

heading "A change that is declared: a snapshot before it, one after it, and what it changed"
cat >rename-camera <<RENAME
#!/bin/sh
curl -sSk --fail -o /dev/null "$url/__sim/change" \\
    -d '{"path":"/ISAPI/ContentMgmt/InputProxy/channels","id":"1","element":"name","text":"Quai Nord"}'
RENAME
chmod +x rename-camera
run coffre change run NVR-QUAI --category cameras -m 'camera 1 looks north now' -- ./rename-camera

heading "A second place, and a restore test from what lies there"
run mkdir medium
run coffre remote add disk "$PWD/medium" --role physical --place 'safe of the agency'
run coffre mirror
run coffre drill run NVR-QUAI
drill=$(coffre drill list --json | sed -n 's/.*"id": "\(DRL-[0-9a-f]*\)".*/\1/p' | sed -n 1p)
run coffre drill report "$drill" -o report.html
step="the report tells what was restored"
grep -q NVR-QUAI report.html

heading "How the site stands: on the terminal, and as one page for the browser"
run coffre status
run coffre dashboard -o dashboard.html
step="the page needs no network"
if grep -qi -e 'src="http' -e 'href="http' dashboard.html; then exit 1; fi
kill "$recorder"
recorder=

heading "Every file whole, every seal opened, every object rebuilt"
run coffre verify --read-data

heading "The same without coffre and without a key: each file is named by its own SHA-256"
cat <<'SHOWN'
$ cd repo
$ for f in keys/* packs/* index/* journal/*; do name=${f##*/}; echo "${name%.*}  $f"; done | sha256sum -c
SHOWN
(
    cd repo
    shopt -s nullglob
    for f in keys/* packs/* index/* journal/*; do name=${f##*/}; echo "${name%.*}  $f"; done >../names
    sha256sum --check --strict ../names
    echo "$(wc -l <../names) files bear their names"
)
step="no name of the site in clear"
run grep -rlaF -e NVR-HALL -e CLIEXEMP -e SIEGEPARIS -e camera repo && exit 1
echo "no name of the site, of the equipment or of a file is readable there"

heading "One flipped bit is found, without a key"
cp -r repo damaged
pack=$(find damaged/packs -name '*.pack' -printf '%s %p\n' | sort -n | sed -n '$p' | cut -d ' ' -f 2-)
byte=$(od -An -tu1 -j 1000 -N 1 "$pack")
printf '%b' "\\x$(printf %x $((byte ^ 1)))" | dd of="$pack" bs=1 seek=1000 conv=notrunc status=none
status=0
run coffre --repo damaged verify --no-key || status=$?
echo "exit status $status"
[ "$status" -eq 13 ]

finished=true
printf '\nAll as promised. Nothing stays behind: %s goes away now.\n' "$scratch"
