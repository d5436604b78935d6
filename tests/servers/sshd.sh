#!/bin/bash
# sshd.sh start WORKDIR openssh|old|rclone | stop WORKDIR: an SFTP server (see common.sh).
#   openssh   OpenSSH's sshd with host keys of two types; this user logs in with the key WORKDIR/id
#   old       sshd that offers nothing but SHA-1: for the refusal
#   rclone    rclone's own SFTP server, which knows no fsync; logs in with a password
# Packages: openssh-server, openssh-client; rclone.
set -euo pipefail
# shellcheck source=tests/servers/common.sh
. "$(dirname "$0")/common.sh"

command=${1:?start or stop}
work=${2:?a folder}
mkdir -p "$work"
work=$(readlink -f "$work")
if [ "$command" = stop ]; then
    stop_servers "$work" sshd
    exit 0
fi
dialect=${3:?openssh, old or rclone}
port=$(free_port)
rm -rf "$work"/{data,host_*,id*,sshd_config,env}
mkdir -p "$work/data"
ssh-keygen -q -t ed25519 -N '' -C '' -f "$work/host_ed25519"
ssh-keygen -q -t ecdsa -N '' -C '' -f "$work/host_ecdsa"
ssh-keygen -q -t ed25519 -N '' -C '' -f "$work/id"
ssh-keygen -q -t ed25519 -N 'a passphrase' -C '' -f "$work/id_locked"
ssh-keygen -q -t ed25519 -N '' -C '' -f "$work/id_stranger"
fingerprint() { ssh-keygen -lf "$1" | awk '{ print $2 }'; }

case $dialect in
    openssh | old)
        user=$(id -un)
        base=$work/data
        cat "$work/id.pub" "$work/id_locked.pub" >"$work/authorized_keys"
        host_keys=$(printf 'HostKey %s\n' "$work/host_ed25519" "$work/host_ecdsa")
        algorithms=
        if [ "$dialect" = old ]; then
            ssh-keygen -q -t rsa -b 2048 -N '' -C '' -f "$work/host_rsa"
            host_keys="HostKey $work/host_rsa"
            algorithms=$(printf '%s\n' 'HostKeyAlgorithms ssh-rsa' \
                'KexAlgorithms diffie-hellman-group14-sha1')
        fi
        # As root it wants this folder, and Debian makes it only when the service starts.
        [ "$(id -u)" -ne 0 ] || mkdir -p /run/sshd
        cat >"$work/sshd_config" <<CONFIG
ListenAddress 127.0.0.1
Port $port
$host_keys
PidFile none
AuthorizedKeysFile $work/authorized_keys
StrictModes no
UsePAM no
PermitRootLogin yes
PasswordAuthentication yes
KbdInteractiveAuthentication no
PubkeyAuthentication yes
AllowUsers $user
AllowTcpForwarding no
X11Forwarding no
PermitTTY no
MaxStartups 100
Subsystem sftp internal-sftp
ForceCommand internal-sftp
LogLevel DEBUG1
$algorithms
CONFIG
        run_server "$work" sshd /usr/sbin/sshd -D -e -f "$work/sshd_config"
        ;;
    rclone)
        user=coffre
        base=/data
        run_server "$work" sshd rclone serve sftp "$work" --addr "127.0.0.1:$port" --user "$user" \
            --pass 'not a secret' --key "$work/host_ed25519" --config /dev/null --vfs-cache-mode off \
            --cache-dir "$work/cache" --dir-cache-time 0s
        printf 'user=%s\npassword=not a secret\n' "$user" >"$work/credentials"
        printf 'user=%s\npassword=another\n' "$user" >"$work/credentials_wrong"
        chmod 600 "$work/credentials" "$work/credentials_wrong"
        ;;
    *) echo "$0: no dialect $dialect" >&2; exit 2 ;;
esac
listens() { exec 3<>"/dev/tcp/127.0.0.1/$port" && read -r -t 2 line <&3 && [[ $line == SSH-2.0-* ]]; }
answers() { (listens) }
wait_for 20 answers
cat >"$work/env" <<ENV
PORT=$port
LOGIN=$user
URL=sftp://$user@127.0.0.1:$port$base
DATA=$work/data
WORK=$work
HOST_KEY=$(fingerprint "$work/host_ed25519")
OTHER_HOST_KEY=$(fingerprint "$work/host_ecdsa")
ENV
