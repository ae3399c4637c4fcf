#!/bin/sh
# Runs the tests given as arguments against a private cluster; ends with "N passed, N failed, N skipped".
#
#   regress.sh TEST...               sql/TEST.sql by pg_regress
#   regress.sh --isolation SPEC...   test/server/isolation/specs/SPEC.spec by pg_isolation_regress
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
programs=$(dirname "$(${PG_CONFIG:-pg_config} --pgxs)")/../test
bin=$(${PG_CONFIG:-pg_config} --bindir)
if [ "$1" = --isolation ]; then
    shift
    regress=$programs/isolation/pg_isolation_regress input=$root/test/server/isolation output=$root/build/isolation
else
    regress=$programs/regress/pg_regress input=$root output=$root/build/regress
fi
work=$(mktemp -d)
trap '"$root/test/tools/cluster.sh" remove "$work" >/dev/null 2>&1' EXIT
"$root/test/tools/cluster.sh" start "$work" </dev/null || exit 1
. "$work/env"
mkdir -p "$output"
log=$output/output.log
set -- --host="$PGHOST" --port="$PGPORT" --user="$PGUSER" --bindir="$bin" --dbname=regress_xlsx --inputdir="$input" --outputdir="$output" "$@"
if [ -f "$input/helpers.sql" ]; then
    "$bin/createdb" -h "$PGHOST" -p "$PGPORT" -U "$PGUSER" regress_xlsx &&
        "$bin/psql" -h "$PGHOST" -p "$PGPORT" -U "$PGUSER" -X -q -v ON_ERROR_STOP=1 -o /dev/null -f "$input/helpers.sql" regress_xlsx || exit 1
    set -- --use-existing "$@"
fi
"$regress" "$@" >"$log" 2>&1
status=$?
cat "$log"
[ $status = 0 ] || head -200 "$output/regression.diffs" 2>/dev/null
passed=$(grep -cE '^(test .*\.\.\. ok|ok [0-9])' "$log")
failed=$(grep -cE '^(test .*FAILED|not ok [0-9])' "$log")
[ $status = 0 ] || [ "$failed" != 0 ] || failed=1
echo "$passed passed, $failed failed, 0 skipped"
exit $status
