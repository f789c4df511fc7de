#!/bin/sh
# Unpacks Debian's user-mode-linux package into the folder $1, without root. The caller holds the folder's lock.
# usr/ appears by one rename, so that it is never there in part.
set -eu
cd "$1"
if [ -x usr/bin/linux.uml ]; then exit 0; fi
# Whoever left such a folder is gone, for the lock is ours.
rm -rf "$PWD"/new.*
work=$(mktemp -d "$PWD/new.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
cd "$work"
apt-get download user-mode-linux >/dev/null
dpkg -x ./user-mode-linux_*.deb unpacked
mv unpacked/usr ../usr
