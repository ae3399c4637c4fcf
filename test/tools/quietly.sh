#!/bin/sh
# quietly.sh NAME COMMAND...   runs the command; shows its output only if it fails
name=$1
shift
mkdir -p build
"$@" >"build/$name.log" 2>&1 || { status=$?; tail -n 100 "build/$name.log"; exit $status; }
