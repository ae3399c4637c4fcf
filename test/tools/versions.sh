#!/bin/sh
# The extension on other majors of PostgreSQL, each in a Debian chroot of its own: builds it there, then check-regress,
# check-isolation and check-tap, and an upgrade from the major before, which comes from the Debian release before.
# Ends with "N passed, N failed, N skipped".
#
#   versions.sh SUITE...     trixie has PostgreSQL 17, forky 18
#
# VERSION_SUITES chooses some of check-regress, check-isolation, check-tap and upgrade, TAP_TESTS some files of check-tap.
root=$(cd "$(dirname "$0")/../.." && pwd)
chroot=$root/../shared/tools/pg-chroot
if [ "$(id -u)" != 0 ] || [ ! -x "$chroot" ]; then
    echo "skipped: pg-chroot is not there, or not for this user"
    echo "0 passed, 0 failed, $# skipped"
    exit 0
fi
packages=$(sed -e '/^#/d' -e '/chromium\|fonts\|nodejs\|npm\|nginx/d' -e 's/-PG\b/-@PG@/' "$root/test/tools/packages.txt" | tr '\n' ' ')
packages="$packages postgresql-@PG@-timescaledb"     # bookworm does not have it
output=$root/build/versions
suites=${VERSION_SUITES:-check-regress check-isolation check-tap upgrade}

# Prints the commands of an upgrade within the chroot of a suite.
upgrade() {
    case $1 in
        trixie) older=bookworm ;;
        forky) older=trixie ;;
        *) echo "echo '0 passed, 0 failed, 1 skipped'"; return ;;
    esac
    cat <<EOF
        mirror=\$(sed -n "s,^deb \\([^ ]*\\) $1 main.*,\\1,p" /etc/apt/sources.list | head -1)
        echo "deb \$mirror $older main" >/etc/apt/sources.list.d/older.list
        apt-get update -qq
        major=\$(apt-cache search --names-only "^postgresql-server-dev-[0-9]+\\$" | sed "s/[^0-9]*\\([0-9]*\\).*/\\1/" | sort -n | grep -vx "\$PGMAJOR" | tail -1)
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq -o Dpkg::Use-Pty=0 postgresql-\$major postgresql-server-dev-\$major >/dev/null
        old=/usr/lib/postgresql/\$major
        make -s -C extension clean && PG_CONFIG=\$old/bin/pg_config make -s -C extension install && make -s -C extension clean && make -s -C extension install
        OLD_PG=\$old TAP_TESTS=t/102_upgrade.pl make -s check-tap
EOF
}
passed=0 failed=0
for suite; do
    mkdir -p "$output/$suite"
    echo "$suite:"
    "$chroot" -u root -s "$root" -i "$packages" -o "$output/$suite" "$suite" -- '
        make -s -C extension install && make -s build/makebook build/xlsxdump
        suites="'"$(echo "$suites" | sed 's/\bupgrade\b//')"'"
        [ -z "${suites## }" ] || TAP_TESTS="'"${TAP_TESTS:-}"'" make -s $suites -k
        cp -r build/regress build/isolation build/tap /out 2>/dev/null
        '"$(case " $suites " in *" upgrade "*) upgrade "$suite" ;; esac)" >"$output/$suite.log" 2>&1
    lines=$(grep -aE '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$output/$suite.log")
    [ "$(echo "$lines" | wc -l)" = "$(echo "$suites" | wc -w)" ] || { tail -20 "$output/$suite.log"; failed=$((failed + 1)); }
    ! echo "$lines" | grep -qv ' 0 failed' || awk -v suite="$suite" -f "$root/test/tools/failed.awk" "$output/$suite.log" | sed 's/^/not ok: /'
    echo "$lines"
    passed=$((passed + $(echo "$lines" | awk '{n += $1} END {print n + 0}')))
    failed=$((failed + $(echo "$lines" | awk '{n += $3} END {print n + 0}')))
done
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
