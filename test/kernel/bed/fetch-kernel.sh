#!/bin/sh
# Unpacks Debian's user-mode-linux package into the folder $1, without root. The caller holds the folder's lock.
# usr/ appears by one rename, so that it is never there in part.
set -eu
cd "$1"
if [ -x usr/bin/linux.uml ]; then exit 0; fi
work=$(mktemp -d ./new.XXXXXX)
trap 'rm -rf "$1/$work"' EXIT
trap 'exit 1' HUP INT TERM
cd "$work"
apt-get download user-mode-linux >/dev/null
dpkg -x ./user-mode-linux_*.deb unpacked
mv unpacked/usr ../usr
