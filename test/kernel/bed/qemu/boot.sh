#!/bin/sh
# Serves this machine's files ($1 = program, $2 = its socket) to the guest that the other words start. One process group,
# so that one signal ends both.
files=$1
socket=$2
shift 2
"$files" --socket-path="$socket" -o source=/ -o cache=always -o sandbox=chroot </dev/null &
until [ -S "$socket" ]; do
  kill -0 $! || exit 1
  sleep 0.05
done
exec "$@"
