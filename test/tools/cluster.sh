#!/bin/sh
# A private PostgreSQL cluster, on a unix socket and a free or given port of 127.0.0.1.
#
#   cluster.sh start DIR [PORT]   make DIR/data if it is missing, start it; reads settings from standard input
#   cluster.sh stop DIR [MODE]    MODE is pg_ctl's, fast by default
#   cluster.sh remove DIR         stop it and remove DIR
#
# The superuser is "postgres", without password, from this machine only. As
# root the server runs as the system user "postgres", as PostgreSQL demands.
# DIR/env holds the connection as shell assignments.
set -eu
command=$1
directory=$2
bin=$(${PG_CONFIG:-pg_config} --bindir)

as_server() {
    if [ "$(id -u)" = 0 ]; then
        (cd / && runuser -u postgres -- "$@")
    else
        "$@"
    fi
}

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

start() {
    port=${1:-$(free_port)}
    mkdir -p "$directory"
    directory=$(cd "$directory" && pwd)
    # The server's user must reach its own directory; other users should not.
    [ "$(id -u)" != 0 ] || chown postgres "$directory"
    chmod 700 "$directory"
    if [ ! -f "$directory/data/PG_VERSION" ]; then
        as_server "$bin/initdb" -D "$directory/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 >"$directory/initdb.log" 2>&1 ||
            { cat "$directory/initdb.log" >&2; exit 1; }
        {
            echo "listen_addresses = '127.0.0.1'"
            echo "unix_socket_directories = ''"
            echo "shared_preload_libraries = 'pg_xlsx'"
            cat
        } >>"$directory/data/postgresql.conf"
    fi
    as_server "$bin/pg_ctl" -s -D "$directory/data" -l "$directory/log" -o "-p $port" -w start ||
        { tail -5 "$directory/log" >&2; exit 1; }
    cat >"$directory/env" <<EOT
PGHOST=127.0.0.1
PGPORT=$port
PGUSER=postgres
EOT
}

stop() {
    as_server "$bin/pg_ctl" -s -D "$directory/data" -m "${1:-fast}" -w stop
}

case $command in
start) start "${3:-}" ;;
stop) stop "${3:-fast}" ;;
remove)
    [ ! -f "$directory/data/postmaster.pid" ] || stop immediate
    rm -rf "$directory"
    ;;
*) echo "cluster.sh: unknown command $command" >&2; exit 2 ;;
esac
