#!/bin/sh
# First process of the guest, copied beside the other files of one run (guest.ts writes them): fstab, modprobe, command.
# Runs `command` with its standard output on console 1 and its standard error on console 2, writes its exit code to
# `exit-code`, and switches the machine off. No `exit-code` means that the guest failed before the command ended.
run=${0%/*}
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

switch_off() {
  echo o >/proc/sysrq-trigger
  while :; do sleep 1; done
}

if ! mount -a -T "$run/fstab"; then
  echo 'lvsd test bed: the guest cannot mount its file systems' >/dev/tty0
  mount -t proc proc /proc
  switch_off
fi
if ! [ -L /var/run ]; then mount --bind /run /var/run; fi

# The kernel asks this program for what it misses, such as ip_vs_pe_sip for a service with that engine.
echo "$run/modprobe" >/proc/sys/kernel/modprobe
if ! "$run/modprobe" -a \
  ip_vs ip_vs_rr ip_vs_wrr ip_vs_lc ip_vs_wlc ip_vs_lblc ip_vs_lblcr ip_vs_dh ip_vs_sh ip_vs_sed ip_vs_nq \
  ip_vs_mh ip_vs_fo ip_vs_ovf ip_vs_pe_sip veth dummy bridge ipip; then
  echo 'lvsd test bed: the guest cannot load its kernel modules' >/dev/tty0
  switch_off
fi
ip link set lo up

# The consoles carry bytes, as they are; the command writes into pipes, as it would under a program.
stty raw -echo </dev/tty1
stty raw -echo </dev/tty2
mkfifo /run/command-output /run/command-errors
cat </run/command-output >/dev/tty1 &
output=$!
cat </run/command-errors >/dev/tty2 &
errors=$!
setsid sh "$run/command" </dev/null >/run/command-output 2>/run/command-errors
code=$?

# What the command has left running may not hold its pipes open.
for process in /proc/[0-9]*; do
  id=${process#/proc/}
  case $id in
    1 | "$output" | "$errors") ;;
    *) kill -9 "$id" 2>/dev/null ;;
  esac
done
wait "$output" "$errors"
# Setting a terminal waits until all that was written to it is out.
stty raw </dev/tty1
stty raw </dev/tty2
echo "$code" >"$run/exit-code"
switch_off
