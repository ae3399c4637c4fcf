#!/bin/sh
# Installs files so that a running program never finds a missing or a half-written one: each is written beside its place
# and then renamed. Missing folders are made.
#
#   install.sh files MODE FILE... TARGET   TARGET is a folder if it ends with "/", otherwise the file's new path
#   install.sh folder SOURCE TARGET        all of SOURCE, index.html last; then files that only TARGET has are removed
set -eu

put() { # put MODE FILE PATH
    new=$(dirname "$3")/.new.$$.$(basename "$3")
    trap 'rm -f "$new"' EXIT
    install -m "$1" "$2" "$new"
    mv -f "$new" "$3"
    trap - EXIT
}

put_files() {
    mode=$1
    shift
    for target; do :; done
    case $target in */) folder=$target ;; *) folder=$(dirname "$target") ;; esac
    install -d "$folder"
    while [ $# -gt 1 ]; do
        case $target in */) put "$mode" "$1" "$target$(basename "$1")" ;; *) put "$mode" "$1" "$target" ;; esac
        shift
    done
}

# A page names its scripts, so they are installed before it, and the old page's scripts are removed after it.
put_folder() {
    source=$1 target=$2
    install -d "$target"
    (cd "$source" && find . -type f ! -name '.*' ! -path ./index.html; [ ! -f "$source/index.html" ] || echo ./index.html) |
        while read -r path; do
            install -d "$(dirname "$target/$path")"
            put 644 "$source/$path" "$target/$path"
        done
    (cd "$target" && find . -type f) | while read -r path; do
        [ -f "$source/$path" ] || rm -f "$target/$path"
    done
}

command=$1
shift
case $command in
files) put_files "$@" ;;
folder) put_folder "$(cd "$1" && pwd)" "$2" ;;
*) echo "install.sh: unknown command $command" >&2; exit 2 ;;
esac
