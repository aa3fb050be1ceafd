#!/bin/sh
# as_nobody.sh PROGRAM ARGUMENT…: runs a test program as an ordinary user, whoever calls.
# From a copy, for the build folder may lie where only its owner can look.
set -eu
[ "$(id -u)" = 0 ] || exec "$@"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp "$1" "$folder/program"
chmod -R a+rX "$folder"
shift
cd "$folder"
setpriv --reuid 65534 --regid 65534 --clear-groups ./program "$@"
