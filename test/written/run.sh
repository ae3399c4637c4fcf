#!/bin/sh
# Lets a private server write every kind of workbook (kinds.sql), and the program given judge them; ends with "N passed, N failed, N skipped".
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap '"$root/test/tools/cluster.sh" remove "$work" >/dev/null 2>&1' EXIT
"$root/test/tools/cluster.sh" start "$work" </dev/null || exit 1
. "$work/env"
export PGHOST PGPORT PGUSER
WRITTEN=$root/build/written
rm -rf "$WRITTEN"
mkdir -p "$WRITTEN"
export WRITTEN
if ! "$(${PG_CONFIG:-pg_config} --bindir)/psql" -X -q -d postgres -f "$root/test/written/kinds.sql"; then
    echo "0 passed, 1 failed, 0 skipped"
    exit 1
fi
"$root/test/core/unit/run" "$1"
