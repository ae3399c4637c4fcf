#!/bin/sh
# Checks the rules that a program can check: layers, versions, names. Ends with "N passed, N failed, N skipped".
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root" || exit 1
passed=0 failed=0 skipped=0

verdict() { # verdict NAME OUTPUT: nothing printed is a pass
    if [ -z "$2" ]; then
        passed=$((passed + 1))
    else
        printf 'not ok: %s\n%s\n' "$1" "$2"
        failed=$((failed + 1))
    fi
}

forbid() { # forbid FOLDER PATTERN: lines of code (not of comments) that match
    grep -rnE --include='*.[ch]' "$2" "$1" | grep -vE ':[0-9]+:[[:space:]]*(/?\*|//)'
}

control=$(sed -n "s/^default_version *= *'\(.*\)'/\1/p" extension/pg_xlsx.control)
verdict "META.json has the version of the control file" \
    "$(python3 - "$control" <<'EOT'
import json, sys
meta = json.load(open("META.json"))
found = {meta["version"], meta["provides"]["pg_xlsx"]["version"]}
if found != {sys.argv[1] + ".0"}:
    print("META.json says", found, "and the control file", sys.argv[1])
EOT
)"
verdict "the install script of the version exists" "$([ -f "extension/pg_xlsx--$control.sql" ] || echo "extension/pg_xlsx--$control.sql is missing")"
verdict "the reader knows nothing of the server" \
    "$(forbid extension/core '^#include [<"](postgres|fmgr|libpq|libwebsockets|utils/|executor/|access/)')"
verdict "the reader neither prints nor ends the process" \
    "$(forbid extension/core '\<(palloc|pfree|ereport|elog|printf|exit|abort)[[:space:]]*\(' | grep -v '^extension/core/tool/')"
verdict "the sidecar knows nothing of the server's insides" \
    "$(forbid notifier '^#include [<"](postgres\.h|fmgr|utils/|executor/|access/|\.\./extension|extension/|core/)')"
verdict "the extension knows nothing of the sidecar" "$(forbid extension '^#include [<"](libwebsockets|notifier/|\.\./notifier)')"
verdict "includes point down the order of folders" "$(test/tools/layers.py 2>&1)"
verdict "the documentation names what exists" "$(test/tools/names.py 2>&1)"
verdict "facts stand in one place, or agree" "$(test/tools/facts.py 2>&1)"
verdict "functions and files are short, and files have names of their own" "$(test/tools/sizes.py 2>&1)"
verdict "save methods are asked for facts, not compared by address" \
    "$(forbid extension '[!=]=[[:space:]]*&save_(direct|unnest|keyed)')"
verdict "version differences live in compat.h" \
    "$(grep -lr PG_VERSION_NUM --include='*.[ch]' extension | grep -v '^extension/pg/compat.h$')"
verdict "the library exports only its own names" \
    "$(nm -D --defined-only extension/pg_xlsx.so | awk '$2 ~ /[TDB]/ && $3 !~ /^(pg_xlsx_|pg_finfo_pg_xlsx_|Pg_magic_func|_PG_init)/ { print $3 }')"
help=$(${MAKE:-make} -s help)
verdict "make help names every suite" \
    "$(for target in $(grep -hoE '^(check|bench|fuzz|soak|torture)[a-z-]*:' Makefile notifier/*.mk extension/core/core.mk | tr -d : | sort -u); do
        printf '%s\n' "$help" | grep -qE "(^|[^a-z-])$target([^a-z-]|$)" || echo "$target"
    done)"
verdict "make check names the failed tests of each suite" "$(awk -v suite=check-some -f test/tools/failed.awk test/tools/failed_sample.txt | diff - test/tools/failed_expected.txt)"
verdict "CONTRIBUTING.md names every suite" \
    "$(for target in $(grep -hoE '^check-[a-z-]*:' Makefile notifier/*.mk extension/core/core.mk | tr -d : | sort -u); do
        grep -qE "[\` ]$target[\` ]" CONTRIBUTING.md || echo "$target"
    done)"
if [ -f ../shared/seed-checklist.md ]; then
    verdict "every behaviour of the seed stands in a test's name" "$(test/tools/seed.py 2>&1)"
else
    echo "skipped: the seed's checklist is not beside the tree"
    skipped=1
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
