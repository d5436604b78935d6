# Of the scripts that start a real server for the tests. `NAME.sh start WORKDIR […]` returns when the server
# answers, and writes WORKDIR/env (lines NAME=value); `NAME.sh stop WORKDIR` ends it. All listen on
# 127.0.0.1 at free ports, keep everything below WORKDIR, and are stopped by the process ids that they wrote.
# shellcheck shell=bash

free_port() {
    /usr/bin/python3 -c 'if True:
        import socket
        probe = socket.socket()
        probe.bind(("127.0.0.1", 0))
        print(probe.getsockname()[1])'
}

# wait_for SECONDS COMMAND…: until the command succeeds.
wait_for() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        if [ "$SECONDS" -ge "$end" ]; then
            echo "$0: not ready in time: $*" >&2
            return 1
        fi
        sleep 0.1
    done
}

# run_server WORKDIR NAME COMMAND…: in the background; its output is NAME.log there, its id NAME.pid.
run_server() {
    local folder=$1 name=$2
    shift 2
    setsid "$@" </dev/null >"$folder/$name.log" 2>&1 &
    echo $! >"$folder/$name.pid"
}

# False for one that has ended and that nobody has asked about since, too.
is_running() {
    local state
    state=$(awk '$1 == "State:" { print $2 }' "/proc/$1/status" 2>/dev/null) || return 1
    [ -n "$state" ] && [ "$state" != Z ]
}

# stop_servers WORKDIR NAME…: asks each to end, and after 5 s makes it.
stop_servers() {
    local folder=$1 name pid
    shift
    for name in "$@"; do
        [ -s "$folder/$name.pid" ] || continue
        pid=$(cat "$folder/$name.pid")
        kill -TERM "$pid" 2>/dev/null || true
        for _ in $(seq 50); do
            is_running "$pid" || break
            sleep 0.1
        done
        ! is_running "$pid" || kill -KILL "$pid" 2>/dev/null || true
        rm -f "$folder/$name.pid"
    done
}

# make_certificates FOLDER: an authority (ca.pem) and a certificate of it for localhost and 127.0.0.1
# (server.pem, server.key). The keys live as long as the tests.
make_certificates() {
    local folder=$1
    mkdir -p "$folder"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 \
        -subj "/CN=coffre test authority" -addext "basicConstraints=critical,CA:TRUE" \
        -keyout "$folder/ca.key" -out "$folder/ca.pem"
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=localhost" \
        -keyout "$folder/server.key" -out "$folder/server.csr"
    printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n' >"$folder/extensions"
    openssl x509 -req -in "$folder/server.csr" -CA "$folder/ca.pem" -CAkey "$folder/ca.key" -CAcreateserial \
        -days 30 -extfile "$folder/extensions" -out "$folder/server.pem"
}
