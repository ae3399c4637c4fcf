#!/bin/sh
# Installs the Debian packages of packages.txt that are missing, and names them.
# Without root it prints the one command to run, and fails.
set -eu
here=$(dirname "$0")

major() { # of the installed PostgreSQL, otherwise of Debian's
    if command -v pg_config >/dev/null 2>&1; then
        pg_config --version | sed 's/[^0-9]*\([0-9]*\).*/\1/'
    else
        apt-cache depends postgresql 2>/dev/null | sed -n 's/.*Depends: postgresql-\([0-9][0-9]*\)$/\1/p'
    fi
}

installed() {
    case $1 in
    # Node.js is often not installed from Debian.
    nodejs) command -v node >/dev/null 2>&1 && return 0 ;;
    npm) command -v npm >/dev/null 2>&1 && return 0 ;;
    esac
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

missing() {
    version=$(major)
    if [ -z "$version" ]; then
        [ "$(id -u)" != 0 ] || apt-get update -qq >&2
        version=$(major)
    fi
    for package in $(grep -v '^#' "$here/packages.txt" | sed "s/PG/${version:-15}/"); do
        installed "$package" || echo "$package"
    done
}

if ! command -v dpkg-query >/dev/null 2>&1; then
    echo "deps: this is not Debian; install what test/tools/packages.txt lists by hand" >&2
    exit 0
fi
packages=$(missing | tr '\n' ' ')
[ -n "$packages" ] || exit 0
if [ "$(id -u)" != 0 ]; then
    echo "deps: these packages are missing; run" >&2
    echo "  sudo apt-get install -y --no-install-recommends $packages" >&2
    exit 1
fi
echo "deps: installing $packages"
export DEBIAN_FRONTEND=noninteractive
# Debian's package would make a cluster, which is not needed.
mkdir -p /etc/postgresql-common
[ -e /etc/postgresql-common/createcluster.conf ] || echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
apt-get update -qq
# shellcheck disable=SC2086
apt-get install -y -qq --no-install-recommends $packages >/dev/null
echo "deps: done"
