#!/bin/sh
# Runs the suites given as make targets, all of them even if some fail, and adds
# up the summary line of each, with the time it took. At the end stand
# the names of the failed tests; the last line is the sum.
set -u
here=$(cd "$(dirname "$0")" && pwd)
logs=${CHECK_LOGS:-build/check}
mkdir -p "$logs"
: >"$logs/failed"
passed=0 failed=0 skipped=0
for suite in "$@"; do
    echo "== $suite"
    began=$(date +%s)
    if ${MAKE:-make} --no-print-directory "$suite" >"$logs/$suite.log" 2>&1; then status=0; else status=1; fi
    summary=$(grep -E '^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$' "$logs/$suite.log" | tail -n 1)
    if [ -z "$summary" ]; then
        [ $status != 0 ] || echo "$suite printed no summary"
        summary="0 passed, 1 failed, 0 skipped"
        status=1
    fi
    p=${summary%% passed*}
    f=${summary#*, } f=${f%% failed*}
    case $summary in *skipped) s=${summary##*, } s=${s%% skipped*} ;; *) s=0 ;; esac
    # A suite that ended with an error, or ran no test, counts as failed.
    if [ "$f" = 0 ] && { [ $status != 0 ] || [ "$p$s" = 00 ]; }; then f=1; fi
    if [ "$f" != 0 ]; then
        tail -n 150 "$logs/$suite.log"
        awk -v suite="$suite" -f "$here/failed.awk" "$logs/$suite.log" >>"$logs/failed"
    else
        grep -iE '(^|[^a-z])skip' "$logs/$suite.log" | grep -vE '^[0-9]+ passed' | head -n 5
    fi
    echo "$suite: $summary, in $(($(date +%s) - began)) s"
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
done
if [ -s "$logs/failed" ]; then
    echo "== failed tests"
    cat "$logs/failed"
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
