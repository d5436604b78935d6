#!/bin/bash
# zoneminder.sh start WORKDIR | empty WORKDIR | stop WORKDIR: ZoneMinder's web API over TLS (see common.sh)
# with a MariaDB, a PHP and an nginx of its own. No camera, and none of its daemons: they are not needed to
# configure it. `empty` makes its database again as it is after an installation: another, new ZoneMinder at
# the same address.
#   Its API reads /etc/zm and /var/cache/zoneminder, and no other place can be named: for its processes alone
# these are folders below WORKDIR (a mount namespace, so only as root). Several can run beside each other.
# 77: it cannot run here (not root, not installed, no namespaces).
# Packages: zoneminder, mariadb-server, mariadb-client, nginx, php-fpm, php-mysql, php-gd, openssl, curl.
set -euo pipefail
# shellcheck source=tests/servers/common.sh
. "$(dirname "$0")/common.sh"

command=${1:?start, empty or stop}
work=${2:?a folder}
schema=/usr/share/zoneminder/db/zm_create.sql
web=/usr/share/zoneminder/www
mkdir -p "$work"
work=$(readlink -f "$work")
socket=$work/run/mysql.sock
sql() { mariadb --no-defaults --socket="$socket" "$@"; }

# As the package leaves it, but for what lets its API be used with a login.
fill_database() {
    sql -e 'DROP DATABASE IF EXISTS zm'
    sql <"$schema"
    sql zm <<'SQL'
UPDATE Config SET Value = '1' WHERE Name IN ('ZM_OPT_USE_AUTH', 'ZM_OPT_USE_API');
UPDATE Config SET Value = '0' WHERE Name IN ('ZM_AUTH_HASH_IPS', 'ZM_CHECK_FOR_UPDATES', 'ZM_SHOW_PRIVACY');
UPDATE Config SET Value = 'signs the tokens of tests' WHERE Name = 'ZM_AUTH_HASH_SECRET';
UPDATE Users SET APIEnabled = 1;
SQL
}

# What its API started (zmdc.pl and all its daemons) lives in the namespace of that PHP, and there alone.
stop_daemons() {
    local php own pid
    [ -s "$work/php.pid" ] || return 0
    php=$(cat "$work/php.pid")
    own=$(readlink "/proc/$php/ns/mnt" 2>/dev/null) || return 0
    [ "$own" != "$(readlink /proc/self/ns/mnt)" ] || return 0
    for pid in /proc/[0-9]*; do
        if [ "$(readlink "$pid/ns/mnt" 2>/dev/null)" = "$own" ] && [ "${pid#/proc/}" != "$php" ]; then
            kill -KILL "${pid#/proc/}" 2>/dev/null || true
        fi
    done
}

stop_all() {
    stop_servers "$work" nginx
    stop_daemons
    stop_servers "$work" php mariadb
}
answers() {
    curl -sf --noproxy '*' --cacert "$work/tls/ca.pem" -o /dev/null -d 'user=admin&pass=admin' \
        "https://127.0.0.1:$1/zm/api/host/login.json"
}

case $command in
    start) ;;
    empty)
        [ -S "$socket" ] || { echo "$0: it does not run" >&2; exit 2; }
        fill_database >"$work/schema.log" 2>&1
        exit 0
        ;;
    stop)
        stop_all
        exit 0
        ;;
    *) echo "$0: no command $command" >&2; exit 2 ;;
esac

if [ "$(id -u)" -ne 0 ] || [ ! -f "$schema" ] || [ ! -x /usr/sbin/mariadbd ] || [ ! -x /usr/sbin/nginx ] ||
    ! unshare --mount --propagation private true; then
    echo "$0: needs root, mount namespaces, zoneminder, mariadb-server and nginx" >&2
    exit 77
fi
fpm=$(find /usr/sbin -name 'php-fpm*' | sort | tail -n 1)
trap '[ $? -eq 0 ] || stop_all' EXIT
port=$(free_port)
rm -rf "$work"/{database,run,tls,events,cache,tmp,etc,env}
mkdir -p "$work"/{database,run,events,cache,tmp,etc}
chmod 755 "$work"
chmod 1777 "$work/run" "$work/tmp"
chown mysql: "$work/database"
chown www-data: "$work/events"
make_certificates "$work/tls" >"$work/tls.log" 2>&1

mariadb-install-db --no-defaults --user=mysql --datadir="$work/database" --skip-test-db \
    --auth-root-authentication-method=socket >"$work/install.log" 2>&1
run_server "$work" mariadb /usr/sbin/mariadbd --no-defaults --user=mysql --datadir="$work/database" \
    --socket="$socket" --pid-file="$work/run/mariadb" --skip-networking --innodb-buffer-pool-size=32M \
    --innodb-log-file-size=8M --innodb-flush-log-at-trx-commit=0 --performance-schema=off \
    --sql-mode=NO_ENGINE_SUBSTITUTION
wait_for 30 mariadb-admin --no-defaults --socket="$socket" ping
fill_database >"$work/schema.log" 2>&1
sql -e "CREATE USER zm@localhost IDENTIFIED BY 'not a secret'; GRANT ALL ON zm.* TO zm@localhost"

# What the API reads. Debian leaves zm.conf to root alone, and PHP is www-data.
cp -a /etc/zm/. "$work/etc/"
cat >"$work/etc/conf.d/99-coffre-test.conf" <<CONFIG
ZM_DB_HOST=localhost:$socket
ZM_DB_NAME=zm
ZM_DB_USER=zm
ZM_DB_PASS=not a secret
ZM_PATH_LOGS=$work/tmp
ZM_DIR_EVENTS=$work/events
ZM_PATH_CACHE=$work/cache
CONFIG
chgrp www-data "$work/etc/zm.conf" "$work/etc/conf.d/99-coffre-test.conf"
chmod 640 "$work/etc/zm.conf" "$work/etc/conf.d/99-coffre-test.conf"
cat >"$work/php.conf" <<CONFIG
[global]
error_log = $work/php.err
daemonize = no
[zm]
user = www-data
group = www-data
listen = $work/run/php.sock
listen.owner = www-data
listen.mode = 0660
pm = static
pm.max_children = 2
catch_workers_output = yes
php_admin_value[date.timezone] = UTC
php_admin_value[error_log] = $work/tmp/php.log
CONFIG
mkdir -p "$work"/cache/cache/{models,persistent,views} "$work/cache/temp"
chown -R www-data: "$work/cache"
# The shell becomes PHP: the process id that run_server wrote stays right.
# shellcheck disable=SC2016  # for the shell inside
run_server "$work" php unshare --mount --propagation private sh -c \
    'mount --bind "$1/etc" /etc/zm && mount --bind "$1/cache" /var/cache/zoneminder &&
        exec "$2" -F -y "$1/php.conf"' sh "$work" "$fpm"

cat >"$work/nginx.conf" <<CONFIG
user www-data;
worker_processes 1;
daemon off;
pid $work/run/nginx;
error_log $work/nginx.err;
events { worker_connections 64; }
http {
    access_log off;
    include /etc/nginx/mime.types;
    client_body_temp_path $work/tmp/body;
    fastcgi_temp_path $work/tmp/fastcgi;
    proxy_temp_path $work/tmp/proxy;
    scgi_temp_path $work/tmp/scgi;
    uwsgi_temp_path $work/tmp/uwsgi;
    server {
        listen 127.0.0.1:$port ssl;
        server_name localhost;
        ssl_certificate $work/tls/server.pem;
        ssl_certificate_key $work/tls/server.key;
        root $web;
        location /zm/api/ { rewrite ^/zm/api(.*)\$ /zm/api/app/webroot/index.php last; }
        location ~ ^/zm/(.+\\.php)\$ {
            include /etc/nginx/fastcgi_params;
            fastcgi_param SCRIPT_FILENAME $web/\$1;
            fastcgi_param HTTP_PROXY "";
            fastcgi_pass unix:$work/run/php.sock;
        }
    }
}
CONFIG
run_server "$work" nginx /usr/sbin/nginx -e "$work/nginx.err" -c "$work/nginx.conf"
wait_for 30 answers "$port"
cat >"$work/env" <<ENV
URL=https://127.0.0.1:$port/zm
LOGIN=admin
PASSWORD=admin
CA=$work/tls/ca.pem
DATABASE_SOCKET=$socket
DATABASE_NAME=zm
DATABASE_USER=zm
DATABASE_PASSWORD=not a secret
WORK=$work
ENV
cat "$work/env"
