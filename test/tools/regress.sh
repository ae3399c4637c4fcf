#!/bin/sh
# Runs the pg_regress tests given as arguments against a private cluster; ends with "N passed, N failed, N skipped".
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
regress=$(dirname "$(${PG_CONFIG:-pg_config} --pgxs)")/../test/regress/pg_regress
work=$(mktemp -d)
output=$root/build/regress
trap '"$root/test/tools/cluster.sh" remove "$work" >/dev/null 2>&1' EXIT
"$root/test/tools/cluster.sh" start "$work" </dev/null || exit 1
. "$work/env"
mkdir -p "$output"
log=$output/output.log
"$regress" --host="$PGHOST" --port="$PGPORT" --user="$PGUSER" --bindir="$(${PG_CONFIG:-pg_config} --bindir)" \
    --dbname=regress_xlsx --inputdir="$root" --outputdir="$output" "$@" >"$log" 2>&1
status=$?
cat "$log"
[ $status = 0 ] || head -200 "$output/regression.diffs" 2>/dev/null
passed=$(grep -cE '^(test .*\.\.\. ok|ok [0-9])' "$log")
failed=$(grep -cE '^(test .*FAILED|not ok [0-9])' "$log")
[ $status = 0 ] || [ "$failed" != 0 ] || failed=1
echo "$passed passed, $failed failed, 0 skipped"
exit $status
