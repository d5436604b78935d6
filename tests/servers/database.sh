#!/bin/bash
# database.sh start WORKDIR postgresql|mariadb | stop WORKDIR: a database server (see common.sh) at a unix
# socket and, with TLS, at a port. Its administrator comes in by the socket without a password; the user
# `coffre` has an awkward one (WORKDIR/password). These servers do not run as root: there they are their
# packages' own users.
# Packages: postgresql, postgresql-client; mariadb-server, mariadb-client; openssl, util-linux.
set -euo pipefail
# shellcheck source=tests/servers/common.sh
. "$(dirname "$0")/common.sh"

command=${1:?start or stop}
work=${2:?a folder}
mkdir -p "$work"
work=$(readlink -f "$work")
if [ "$command" = stop ]; then
    stop_servers "$work" database
    exit 0
fi
engine=${3:?postgresql or mariadb}
port=$(free_port)
password='p:w"\ #x'
rm -rf "$work"/{data,run,tls,env}
mkdir -p "$work"/{data,run}
make_certificates "$work/tls" 2>/dev/null
printf '%s' "$password" >"$work/password"

as_user=()
own() {
    [ "$(id -u)" -eq 0 ] || return 0
    chown -R "$1:" "$work"/{data,run,tls}
    as_user=(setpriv "--reuid=$1" "--regid=$1" --init-groups)
}

case $engine in
    postgresql)
        own postgres
        # The newest that is installed.
        bin=$(find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin | sort -V | tail -n 1)
        chmod 700 "$work/data"
        cd "$work/run"
        "${as_user[@]}" "$bin/initdb" -D "$work/data" -U postgres -A trust -E UTF8 --no-locale -N
        cat >"$work/data/pg_hba.conf" <<CONFIG
local all postgres trust
local all all scram-sha-256
host all all 127.0.0.1/32 scram-sha-256
CONFIG
        cat >>"$work/data/postgresql.conf" <<CONFIG
listen_addresses = '127.0.0.1'
port = $port
unix_socket_directories = '$work/run'
ssl = on
ssl_cert_file = '$work/tls/server.pem'
ssl_key_file = '$work/tls/server.key'
log_connections = on
fsync = off
CONFIG
        run_server "$work" database "${as_user[@]}" "$bin/postgres" -D "$work/data"
        ask() { "$bin/psql" -X -q -h "$work/run" -p "$port" -U postgres "$@"; }
        wait_for 60 ask -c 'SELECT 1'
        # Doubled quotes are all that a text needs here.
        ask -c "CREATE ROLE coffre LOGIN CREATEDB PASSWORD '$password'"
        socket=$work/run
        ;;
    mariadb)
        own mysql
        cd "$work/run"
        "${as_user[@]}" mariadb-install-db --no-defaults --datadir="$work/data" \
            --auth-root-authentication-method=normal --skip-test-db
        socket=$work/run/socket
        run_server "$work" database "${as_user[@]}" /usr/sbin/mariadbd --no-defaults --datadir="$work/data" \
            --socket="$socket" --port="$port" --bind-address=127.0.0.1 --pid-file="$work/run/pid" \
            --ssl-ca="$work/tls/ca.pem" --ssl-cert="$work/tls/server.pem" --ssl-key="$work/tls/server.key" \
            --skip-name-resolve --log-warnings=2 --innodb-flush-log-at-trx-commit=0
        ask() { mariadb --no-defaults --socket="$socket" --user=root "$@"; }
        wait_for 60 ask -e 'SELECT 1'
        ask <<SQL
SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES';
CREATE USER coffre@'%' IDENTIFIED BY '$password';
GRANT ALL ON *.* TO coffre@'%';
DELETE FROM mysql.global_priv WHERE User = '';
FLUSH PRIVILEGES;
SQL
        ;;
    *) echo "$0: no engine $engine" >&2; exit 2 ;;
esac
cat >"$work/env" <<ENV
PORT=$port
SOCKET=$socket
CA=$work/tls/ca.pem
WORK=$work
LOG=$work/database.log
ENV
