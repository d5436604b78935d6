#!/bin/bash
# ceph_rgw.sh start WORKDIR [ZONEGROUP] | stop WORKDIR: Ceph's S3 gateway with one monitor and one storage
# daemon that keeps everything in memory (see common.sh). The zone group is S3's region, fr-par.
# Packages: radosgw, ceph-mon, ceph-osd, ceph-common, curl, openssl.
set -euo pipefail
# shellcheck source=tests/servers/common.sh
. "$(dirname "$0")/common.sh"

command=${1:?start or stop}
work=${2:?a folder}
mkdir -p "$work"
work=$(readlink -f "$work")
if [ "$command" = stop ]; then
    stop_servers "$work" gateway storage monitor
    exit 0
fi
region=${3:-fr-par}
port=$(free_port)
tls_port=$(free_port)
monitor_port=$(free_port)
access_key=COFFRETESTKEY0000001
secret_key=coffre-test-key-that-is-no-secret-0001
rm -rf "$work"/{monitor,storage,gateway,run,log,tls,env,keyring}
mkdir -p "$work"/{monitor,storage,gateway,run,log}
make_certificates "$work/tls" >"$work/log/tls.log" 2>&1
frontends="beast endpoint=127.0.0.1:$port ssl_endpoint=127.0.0.1:$tls_port"
frontends+=" ssl_certificate=$work/tls/server.pem ssl_private_key=$work/tls/server.key"
cat >"$work/ceph.conf" <<CONFIG
[global]
fsid = $(cat /proc/sys/kernel/random/uuid)
mon initial members = a
mon host = v2:127.0.0.1:$monitor_port/0
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind ipv6 = false
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
keyring = $work/keyring
run dir = $work/run
admin socket = $work/run/\$name.asok
log file = $work/log/\$name.log
log to stderr = false
err to stderr = false
pid file =
# One machine, one copy.
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 1000
# The disk of whoever runs the tests may be fuller than a monitor likes.
mon data avail crit = 1
mon data avail warn = 2

[mon]
mon data = $work/monitor
mon cluster log file = $work/log/cluster.log
mon osd nearfull ratio = .98
mon osd backfillfull ratio = .985
mon osd full ratio = .99

[osd]
osd data = $work/storage
osd objectstore = memstore
memstore device bytes = 2147483648
osd memory target = 939524096
osd class load list = *
osd class default list = *
osd heartbeat grace = 60
osd op num shards = 2
osd op num threads per shard = 1

[client.gateway]
rgw frontends = $frontends
rgw data = $work/gateway
rgw thread pool size = 16
rgw realm = coffre
rgw zonegroup = $region
rgw zone = default
rgw enable usage log = false
rgw enable ops log = false
rgw dynamic resharding = false
rgw rados pool pg num min = 1
CONFIG
conf=$work/ceph.conf
log=$work/log/start.log
exec 3>&1
exec >>"$log" 2>&1

key() { ceph-authtool "$work/keyring" --gen-key "$@"; }
touch "$work/keyring"
key -n mon. --cap mon 'allow *'
key -n client.admin --cap mon 'allow *' --cap osd 'allow *'
key -n osd.0 --cap mon 'allow profile osd' --cap osd 'allow *'
key -n client.gateway --cap mon 'allow *' --cap osd 'allow *'
monmaptool --create --clobber --addv a "[v2:127.0.0.1:$monitor_port]" \
    --fsid "$(awk '$1 == "fsid" { print $3 }' "$conf")" "$work/monmap"
ceph-mon -c "$conf" --mkfs -i a --monmap "$work/monmap" --keyring "$work/keyring"
run_server "$work" monitor ceph-mon -c "$conf" -i a -f
wait_for 40 timeout 5 ceph -c "$conf" --connect-timeout 2 mon stat

# A memory store begins with the id 0: registered without one, or the monitor ignores that it is there.
id=$(ceph -c "$conf" osd create)
ceph-osd -c "$conf" -i "$id" --mkfs --osd-uuid "$(cat /proc/sys/kernel/random/uuid)"
ceph -c "$conf" osd crush add "osd.$id" 1.0 host=localhost root=default
run_server "$work" storage ceph-osd -c "$conf" -i "$id" -f
is_up() { ceph -c "$conf" osd stat | grep -q '1 up'; }
wait_for 40 is_up

admin() { radosgw-admin -c "$conf" -n client.gateway "$@"; }
admin realm create --rgw-realm=coffre --default
admin zonegroup create --rgw-zonegroup="$region" --api-name="$region" --master --default \
    --endpoints="http://127.0.0.1:$port"
admin zone create --rgw-zonegroup="$region" --rgw-zone=default --master --default \
    --endpoints="http://127.0.0.1:$port"
admin period update --commit
admin user create --uid=coffre --display-name=coffre --access-key="$access_key" --secret-key="$secret_key"
run_server "$work" gateway radosgw -c "$conf" -n client.gateway -f
wait_for 60 curl -fsS --noproxy '*' -o /dev/null "http://127.0.0.1:$port/"

# Two buckets, the second with object lock. The body is empty: that is its SHA-256.
make_bucket() {
    curl -fsS --noproxy '*' --aws-sigv4 "aws:amz:$region:s3" --user "$access_key:$secret_key" -X PUT \
        -H 'x-amz-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' \
        "${@:2}" "http://127.0.0.1:$port/$1"
}
make_bucket coffre
make_bucket coffre-locked -H 'x-amz-bucket-object-lock-enabled: true'

printf 'user=%s\npassword=%s\n' "$access_key" "$secret_key" >"$work/credentials"
# Two buckets, the second with object lock. The body is empty: that is its SHA-256.
make_bucket() {
    curl -fsS --noproxy '*' --aws-sigv4 "aws:amz:$region:s3" --user "$access_key:$secret_key" -X PUT \
        -H 'x-amz-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' \
        "${@:2}" "http://127.0.0.1:$port/$1"
}
make_bucket coffre
make_bucket coffre-locked -H 'x-amz-bucket-object-lock-enabled: true'

printf 'user=%s\npassword=another\n' "$access_key" >"$work/credentials_wrong"
chmod 600 "$work/credentials" "$work/credentials_wrong"
cat >"$work/env" <<ENV
PORT=$port
URL=s3+http://127.0.0.1:$port/coffre
LOCKED_URL=s3+http://127.0.0.1:$port/coffre-locked
TLS_PORT=$tls_port
REGION=$region
WORK=$work
CA=$work/tls/ca.pem
ENV
