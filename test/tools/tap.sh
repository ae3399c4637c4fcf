#!/bin/sh
# Runs the TAP tests of test/server/t (or those in TAP_TESTS, as t/NAME.pl); ends with "N passed, N failed, N skipped".
#
# PostgreSQL::Test starts servers, which root must not do. So under root the
# tests run as the system user "postgres", on a copy that it can read.
set -u
TAP_TESTS=${TAP_TESTS:-$(cd "$(dirname "$0")/../.." && echo test/server/t/*.pl | sed "s|test/server/||g")}
root=$(cd "$(dirname "$0")/../.." && pwd)
pgxs=$(dirname "$(dirname "$(${PG_CONFIG:-pg_config} --pgxs)")")
work=$(mktemp -d)
small=$work/small
extensions=$(${PG_CONFIG:-pg_config} --sharedir)/extension
# A later version of the extension, for updates, one that needs a newer library, and a disk that is soon full.
version=$(sed -n "s/^default_version *= *'\(.*\)'/\1/p" "$root/extension/pg_xlsx.control")
upgrade=$extensions/pg_xlsx--$version--next.sql
newer=$extensions/pg_xlsx--$version--999.0.sql
tidy() {
    rm -f "$upgrade" "$newer"
    umount "$small" 2>/dev/null
    rm -rf "$work"
}
trap tidy EXIT
mkdir "$small"
if [ -w "$extensions" ] && cp "$root/test/server/t/upgrade.sql" "$upgrade" && cp "$upgrade" "$newer"; then export TEST_UPGRADE=1; fi
if [ "$(id -u)" = 0 ] && mount -t tmpfs -o size=4m tmpfs "$small" 2>/dev/null; then export TEST_SMALL_DISK=$small; fi
cp -r "$root/test/server/t" "$root/test/tools" "$root/test/core/corpus" "$root/test/samples" "$root/bench/history.sql" "$root/extension/pg_xlsx.conf.sample" "$root/build/makebook" "$root/build/xlsxdump" "$root/build/setclock.so" "$work/"
set -- env "PATH=$(${PG_CONFIG:-pg_config} --bindir):$PATH" "PERL5LIB=$pgxs/test/perl" "TESTLOGDIR=$work/log" \
    "TESTDATADIR=$work/data" "TESTDIR=$work" PG_TEST_TIMEOUT_DEFAULT=180 "PG_REGRESS=$pgxs/test/regress/pg_regress" "TMPDIR=$work" \
    "MAKEBOOK=$work/makebook" "XLSXDUMP=$work/xlsxdump" "SETCLOCK_LIBRARY=$work/setclock.so" "CORPUS=$root/../shared/corpus" "SAMPLES=$work/samples" "HISTORY=$work/history.sql" "SAMPLE_CONFIGURATION=$work/pg_xlsx.conf.sample" prove --verbose $TAP_TESTS
if [ "$(id -u)" = 0 ]; then
    chown -R postgres "$work"
    set -- runuser -u postgres -- "$@"
fi
mkdir -p "$root/build/tap"
log=$root/build/tap/output.log
(cd "$work" && "$@") >"$log" 2>&1
status=$?
cat "$log"
logs=$(find "$work" -type d -name log | head -n 1)
if [ $status != 0 ] && [ -n "$logs" ]; then
    rm -rf "$root/build/tap/log"
    cp -r "$logs" "$root/build/tap/log"
    tail -n 25 "$logs"/regress_log_*
fi
passed=$(grep -E '^ *ok ' "$log" | grep -cvi '# skip')
skipped=$(grep -ciE '^ *ok .*# skip|^t/.*\.\. skipped:' "$log")
failed=$(grep -cE '^ *not ok ' "$log")
if [ "$failed" = 0 ] && { [ $status != 0 ] || [ "$passed$skipped" = 00 ]; }; then failed=1; fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
