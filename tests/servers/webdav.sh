#!/bin/bash
# webdav.sh start WORKDIR apache|nginx|rclone | stop WORKDIR: a WebDAV server over TLS with basic
# authentication (see common.sh). As root its workers are
# www-data, and must get through to WORKDIR.
# Packages: openssl, curl; apache2; nginx and libnginx-mod-http-dav-ext; rclone.
set -euo pipefail
# shellcheck source=tests/servers/common.sh
. "$(dirname "$0")/common.sh"

command=${1:?start or stop}
work=${2:?a folder}
mkdir -p "$work"
work=$(readlink -f "$work")
if [ "$command" = stop ]; then
    stop_servers "$work" webdav
    exit 0
fi
dialect=${3:?apache, nginx or rclone}
port=$(free_port)
rm -rf "$work"/{data,tls,tmp,run,env}
mkdir -p "$work"/{data/dav,tmp,run}
make_certificates "$work/tls" >"$work/tls.log" 2>&1
printf 'coffre:%s\n' "$(openssl passwd -apr1 'not a secret')" >"$work/htpasswd"
printf 'user=coffre\npassword=not a secret\n' >"$work/credentials"
printf 'user=coffre\npassword=another\n' >"$work/credentials_wrong"
chmod 600 "$work/credentials" "$work/credentials_wrong"
chmod 644 "$work/htpasswd"
as_root=()
if [ "$(id -u)" -eq 0 ]; then
    as_root=(yes)
    chown -R www-data: "$work"/{data,tmp,run}
fi

case $dialect in
    apache)
        modules=/usr/lib/apache2/modules
        {
            for module in mpm_event authn_core authn_file authz_core authz_user auth_basic dav dav_fs \
                dav_lock mime ssl socache_shmcb; do
                echo "LoadModule ${module}_module $modules/mod_$module.so"
            done
            [ ${#as_root[@]} -eq 0 ] || printf 'User www-data\nGroup www-data\n'
            cat <<CONFIG
ServerName localhost
ServerRoot $work
Listen 127.0.0.1:$port
PidFile $work/run/pid
ErrorLog $work/error.log
LogFormat "%m %U"
TransferLog $work/requests.log
DefaultRuntimeDir $work/run
Mutex file:$work/run
TypesConfig /etc/mime.types
DavLockDB $work/run/locks
StartServers 1
LimitRequestBody 0
SSLEngine on
SSLCertificateFile $work/tls/server.pem
SSLCertificateKeyFile $work/tls/server.key
DocumentRoot $work/data
<Directory $work/data>
    Dav On
    AuthType Basic
    AuthName coffre
    AuthUserFile $work/htpasswd
    Require valid-user
</Directory>
CONFIG
        } >"$work/server.conf"
        run_server "$work" webdav /usr/sbin/apache2 -f "$work/server.conf" -DFOREGROUND
        ;;
    nginx)
        cat >"$work/server.conf" <<CONFIG
load_module /usr/lib/nginx/modules/ngx_http_dav_ext_module.so;
${as_root:+user www-data;}
worker_processes 1;
daemon off;
pid $work/run/pid;
error_log $work/error.log;
events { worker_connections 128; }
http {
    access_log off;
    client_max_body_size 0;
    dav_ext_lock_zone zone=locks:1m;
    client_body_temp_path $work/tmp/body;
    fastcgi_temp_path $work/tmp/fastcgi;
    proxy_temp_path $work/tmp/proxy;
    scgi_temp_path $work/tmp/scgi;
    uwsgi_temp_path $work/tmp/uwsgi;
    server {
        listen 127.0.0.1:$port ssl;
        ssl_certificate $work/tls/server.pem;
        ssl_certificate_key $work/tls/server.key;
        auth_basic coffre;
        auth_basic_user_file $work/htpasswd;
        location / {
            root $work/data;
            dav_methods PUT DELETE MKCOL COPY MOVE;
            dav_ext_methods PROPFIND OPTIONS LOCK UNLOCK;
            dav_ext_lock zone=locks;
            dav_access user:rw;
        }
    }
}
CONFIG
        run_server "$work" webdav /usr/sbin/nginx -e "$work/error.log" -c "$work/server.conf"
        ;;
    rclone)
        run_server "$work" webdav rclone serve webdav "$work/data" --addr "127.0.0.1:$port" --user coffre \
            --pass 'not a secret' --cert "$work/tls/server.pem" --key "$work/tls/server.key" \
            --config /dev/null --vfs-cache-mode off --cache-dir "$work/cache" --dir-cache-time 0s
        ;;
    *) echo "$0: no dialect $dialect" >&2; exit 2 ;;
esac
wait_for 20 curl -s --noproxy '*' --cacert "$work/tls/ca.pem" -o /dev/null "https://127.0.0.1:$port/dav/"
cat >"$work/env" <<ENV
PORT=$port
URL=webdav://127.0.0.1:$port/dav
DATA=$work/data/dav
WORK=$work
CA=$work/tls/ca.pem
ENV
