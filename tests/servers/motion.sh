#!/bin/bash
# motion.sh start WORKDIR [digest|shy] | stop WORKDIR: motion's web control over TLS (see common.sh), with two
# cameras whose addresses answer nobody. It asks for basic authentication, and tells all of its parameters;
# `digest` asks for that one, `shy` tells only those of webcontrol_parms 2.
# 77: it cannot run here (not installed).
# Packages: motion, openssl, curl.
set -euo pipefail
# shellcheck source=tests/servers/common.sh
. "$(dirname "$0")/common.sh"

command=${1:?start or stop}
work=${2:?a folder}
mkdir -p "$work"
work=$(readlink -f "$work")
if [ "$command" = stop ]; then
    stop_servers "$work" motion
    exit 0
fi
if ! command -v motion >/dev/null; then
    echo "$0: needs motion" >&2
    exit 77
fi
auth=1
parms=3
case ${3:-} in
    '') ;;
    digest) auth=2 ;;
    shy) parms=2 ;;
    *) echo "$0: no kind $3" >&2; exit 2 ;;
esac
trap '[ $? -eq 0 ] || stop_servers "$work" motion' EXIT
port=$(free_port)
rm -rf "$work"/{tls,media,cameras,env}
mkdir -p "$work"/{media,cameras}
make_certificates "$work/tls" >"$work/tls.log" 2>&1
cat >"$work/motion.conf" <<CONFIG
daemon off
setup_mode off
log_file $work/motion.err
log_level 6
target_dir $work/media
webcontrol_port $port
webcontrol_localhost on
webcontrol_parms $parms
webcontrol_interface 1
webcontrol_auth_method $auth
webcontrol_authentication admin:not a secret
webcontrol_tls on
webcontrol_cert $work/tls/server.pem
webcontrol_key $work/tls/server.key
stream_port 0
picture_output off
movie_output off
camera_dir $work/cameras
CONFIG
cat >"$work/cameras/quai.conf" <<CONFIG
camera_id 101
camera_name QUAI-NORD
netcam_url rtsp://127.0.0.1:1/quai
netcam_userpass viewer:placard
width 640
height 480
framerate 5
CONFIG
cat >"$work/cameras/cave.conf" <<CONFIG
camera_id 102
camera_name CAVE
netcam_url rtsp://127.0.0.1:1/cave
width 640
height 480
CONFIG
run_server "$work" motion motion -n -c "$work/motion.conf"
answers() {
    curl -sf --noproxy '*' --cacert "$work/tls/ca.pem" --anyauth -u 'admin:not a secret' -o /dev/null \
        "https://127.0.0.1:$port/0/config/list"
}
wait_for 30 answers
cat >"$work/env" <<ENV
URL=https://127.0.0.1:$port
LOGIN=admin
PASSWORD=not a secret
CA=$work/tls/ca.pem
WORK=$work
ENV
cat "$work/env"
