#!/bin/sh
# Builds the extension, the reader library and the sidecar with clang, in a copy of the tree: a warning is an error. Without clang
# it is skipped. Ends with "N passed, N failed, N skipped".
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
if ! command -v clang >/dev/null 2>&1; then
    echo "skipped: clang is not installed"
    echo "0 passed, 0 failed, 1 skipped"
    exit 0
fi
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
tar -C "$root" --exclude=./build --exclude=./.git --exclude=./.demo --exclude='*/node_modules' --exclude='*.o' --exclude='*.so' -cf - . | tar -C "$copy" -xf -
cd "$copy" || exit 1
passed=0 failed=0
for part in extension core notifier; do
    if ${MAKE:-make} -s -j"$(nproc)" "$part" CC=clang COPT=-O1 >"$copy/log" 2>&1 && ! grep -q 'warning:' "$copy/log"; then
        passed=$((passed + 1))
    else
        echo "not ok: $part builds with clang, without a warning"
        grep -E 'warning:|error:' "$copy/log" | head -n 40
        failed=$((failed + 1))
    fi
done
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
