#!/bin/sh
# The extension on a PostgreSQL that checks its own assertions: builds both, then runs check-regress, check-isolation and check-tap on them.
# Ends with "N passed, N failed, N skipped".
#
# The server's sources are those of the installed Debian package. A private apt directory fetches them, so the
# system does not change. The build stays in build/assert for the next run.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
config=${PG_CONFIG:-pg_config}
major=$("$config" --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')
package=postgresql-$major
version=$(dpkg-query -W -f '${Version}' "$package")
work=$root/build/assert
server=$work/$version

# Prints the name of the directory with the unpacked sources.
fetch_sources() {
    apt=$work/apt
    mkdir -p "$apt/sources" "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/files"
    for list in /etc/apt/sources.list.d/*.sources; do
        [ ! -f "$list" ] || sed 's/^Types:.*/Types: deb-src/' "$list" >"$apt/sources/$(basename "$list")"
    done
    cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null | sed -n 's/^deb /deb-src /p' >"$apt/sources/lists.list"
    set -- -qq -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$apt/sources" -o Dir::State::lists="$apt/lists" \
        -o Dir::Cache="$apt/cache" -o APT::Sandbox::User="$(id -un)"
    apt-get "$@" update >&2 || return 1
    # The installed version, if it is still available; otherwise another of the same major, which serves as well.
    for candidate in "$version" $(apt-cache "$@" showsrc "$package" | sed -n 's/^Version: //p' | sort -rVu); do
        (cd "$apt/files" && rm -f "$package"_* && apt-get "$@" source --download-only "$package=$candidate") >&2 && break
    done
    rm -rf "$work/source"
    mkdir -p "$work/source"
    tar -C "$work/source" --strip-components=1 -xf "$(ls "$apt/files/$package"_*.orig.tar.* | grep -v '\.asc$' | head -n 1)"
}

# Builds without parts that the tests do not use; it takes a few minutes. PostgreSQL makes its generated headers only at make's top level.
build_server() {
    fetch_sources || return 1
    (
        cd "$work/source" || exit 1
        unset MAKELEVEL MAKEFLAGS MFLAGS
        [ "$major" -lt 16 ] || set -- --without-icu
        ./configure --prefix="$server" --enable-cassert --enable-debug --enable-tap-tests --without-readline --with-openssl \
            --with-system-tzdata=/usr/share/zoneinfo CFLAGS='-O1 -g' "$@" && make -s -j"$(nproc)" install && make -s -C contrib -j"$(nproc)" install
    ) >&2 || return 1
    # Debian's builds of extensions, which fit because their symbols do.
    for extension in pg_cron; do
        [ ! -f "$("$config" --pkglibdir)/$extension.so" ] ||
            { cp "$("$config" --pkglibdir)/$extension.so" "$("$server/bin/pg_config" --pkglibdir)/" &&
            cp "$("$config" --sharedir)/extension/$extension"* "$("$server/bin/pg_config" --sharedir)/extension/"; } || return 1
    done
    rm -rf "$work/source"
    touch "$server/built"
}

mkdir -p "$work"
if [ ! -f "$server/built" ]; then
    build_server >"$work/server.log" 2>&1 || { tail -n 30 "$work/server.log"; echo "0 passed, 1 failed, 0 skipped"; exit 1; }
fi

# If root starts the tests, they run as "postgres", in folders that it can read.
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
chmod 755 "$place"
cp -r "$server" "$place/server"
mkdir "$place/project"
tar -C "$root" --exclude=./build --exclude=./.git --exclude=./.demo --exclude='*/node_modules' --exclude='*.o' --exclude='*.so' -cf - . | tar -C "$place/project" -xf -
[ ! -d "$root/../shared" ] || ln -s "$(cd "$root/../shared" && pwd)" "$place/shared"
export PG_CONFIG="$place/server/bin/pg_config" LD_LIBRARY_PATH="$place/server/lib"
cd "$place/project" || exit 1
make -s -C extension -j"$(nproc)" install >"$work/build.log" 2>&1 && make -s build/makebook build/xlsxdump >>"$work/build.log" 2>&1 ||
    { tail -n 30 "$work/build.log"; echo "0 passed, 1 failed, 0 skipped"; exit 1; }
log=$work/tests.log
make -s -k ${ASSERT_SUITES:-check-regress check-isolation check-tap} >"$log" 2>&1
rm -rf "$work/logs"
mkdir "$work/logs"
cp -r build/regress build/isolation build/tap "$work/logs/" 2>/dev/null
cat "$log"
count() { grep -aE '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$log" | awk -v column="$1" '{n += $column} END {print n + 0}'; }
echo "$(count 1) passed, $(count 3) failed, $(count 5) skipped"
[ "$(count 3)" = 0 ] && [ "$(count 1)" != 0 ]
