#!/bin/bash
# demo.sh start: a private PostgreSQL and the sidecar on 127.0.0.1, and a sample import through REST.
# demo.sh stop:  ends and removes them.
#
# .demo/env holds HTTP_URL, DATABASE_URL (the superuser) and NOTIFIER_DATABASE_URL (the role that the sidecar logs in as);
# a second start uses the running processes.
# DEMO_PORT (8080) and DEMO_PGPORT (a free one) choose the ports.
set -euo pipefail
cd "$(dirname "$0")/.."
DEMO_PORT=${DEMO_PORT:-8080}
state=.demo
api=/applications/upload-large-xlsx

fail() {
    echo "demo: $*" >&2
    exit 1
}

alive() { # alive FILE: does the process of this pid file run?
    [ -f "$1" ] && kill -0 "$(cat "$1")" 2>/dev/null
}

start_database() {
    local cluster
    # A folder that the server's user can reach, wherever this tree lies.
    [ -f $state/cluster ] || mktemp -d "${TMPDIR:-/tmp}/pg_xlsx-demo.XXXXXX" >$state/cluster
    cluster=$(cat $state/cluster)
    test/tools/cluster.sh start "$cluster" ${DEMO_PGPORT:-} </dev/null ||
        fail "PostgreSQL did not start${DEMO_PGPORT:+; is port $DEMO_PGPORT taken? Choose another DEMO_PGPORT}"
    . "$cluster/env"
    echo "$PGPORT" >$state/pgport
    psql -XAtq -h 127.0.0.1 -p "$PGPORT" -U postgres -d postgres -v ON_ERROR_STOP=1 -f demo/demo.sql
}

start_notifier() {
    local place=127.0.0.1:$(cat $state/pgport)/postgres url
    url=postgresql://notifier@$place
    build/pg_xlsx_notifier --database-url "$url" --port "$DEMO_PORT" >$state/notifier.out 2>$state/notifier.log &
    echo $! >$state/notifier.pid
    disown
    for _ in $(seq 100); do
        grep -q '^listening on ' $state/notifier.out && break
        alive $state/notifier.pid || { cat $state/notifier.log >&2; fail "the sidecar did not start; is port $DEMO_PORT taken? Choose another DEMO_PORT"; }
        sleep 0.1
    done
    {
        echo "HTTP_URL=$(sed -n 's/^listening on //p' $state/notifier.out)"
        echo "DATABASE_URL=postgresql://postgres@$place"
        echo "NOTIFIER_DATABASE_URL=$url"
    } >$state/env
}

import_sample() {
    local answer task
    build/makebook -r 5000 -e 2 $state/people.xlsx
    # It starts a second later, so that the terminal has joined the room before the import ends.
    answer=$(curl -sS -F "file=@$state/people.xlsx" -F "runAt=$(date -u -d '+1 second' +%FT%T.%3NZ)" "$HTTP_URL$api/upload") || fail "the upload failed"
    task=$(python3 -c 'import json, sys; print(json.load(sys.stdin)["taskId"])' <<<"$answer") || fail "the upload was refused: $answer"
    python3 demo/progress.py "$HTTP_URL" "$task"
    curl -sS -o $state/errors.xlsx "$HTTP_URL$api/get-validation-errors-by-task-id/$task"
    echo
    echo "sample           $PWD/$state/people.xlsx"
    echo "errors workbook  $PWD/$state/errors.xlsx"
}

start() {
    mkdir -p $state
    if ! alive $state/notifier.pid; then
        start_database
        start_notifier
    fi
    . $state/env
    import_sample
    cat <<EOT
database         $DATABASE_URL
page             $HTTP_URL/

Upload a workbook of your own with the columns Name, Gender, Bio-ID:
  curl -F file=@people.xlsx $HTTP_URL$api/upload
End it all with: make demo-stop
EOT
}

stop() {
    if alive $state/notifier.pid; then
        kill "$(cat $state/notifier.pid)"
        while alive $state/notifier.pid; do sleep 0.1; done
    fi
    [ ! -f $state/cluster ] || test/tools/cluster.sh remove "$(cat $state/cluster)"
    rm -rf $state
    echo "demo: stopped and removed"
}

case ${1:-} in
start) start ;;
stop) stop ;;
*) fail "usage: demo.sh start|stop" ;;
esac
