#!/bin/sh
# Runs the TAP tests of test/t; ends with "N passed, N failed, N skipped".
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root" || exit 1
mkdir -p build/tap
log=build/tap/output.log
prove --verbose -I test/t/lib test/t/*.pl >"$log" 2>&1
status=$?
cat "$log"
passed=$(grep -E '^ok ' "$log" | grep -cv '# [Ss][Kk][Ii][Pp]')
skipped=$(grep -ciE '^ok .*# skip|^1\.\.0 # skip' "$log")
failed=$(grep -cE '^not ok ' "$log")
[ $status = 0 ] || [ "$failed" != 0 ] || failed=1
echo "$passed passed, $failed failed, $skipped skipped"
exit $status
