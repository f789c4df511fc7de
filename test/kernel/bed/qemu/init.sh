#!/bin/sh
# First process of the guest on the host's files, copied beside the other files of one run: fstab, modprobe, command.
# Runs `command` with its outputs into the files `output` and `errors`, which the host reads while they grow, writes its exit
# code to `exit-code`, and ends the machine. No `exit-code` means that the guest failed before the command ended.
run=${0%/*}
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# qemu ends at a restart (-no-reboot), and this is the quickest.
end() {
  echo b >/proc/sysrq-trigger
  while :; do sleep 1; done
}

if ! mount -a -T "$run/fstab"; then
  echo 'lvsd test bed: the guest cannot mount its file systems' >/dev/console
  mount -t proc proc /proc
  end
fi
if ! [ -L /var/run ]; then mount --bind /run /var/run; fi

# The kernel asks this program for what it misses, such as nf_tables.
echo "$run/modprobe" >/proc/sys/kernel/modprobe
if ! "$run/modprobe" -a \
  ip_vs ip_vs_rr ip_vs_wrr ip_vs_lc ip_vs_wlc ip_vs_lblc ip_vs_lblcr ip_vs_dh ip_vs_sh ip_vs_sed ip_vs_nq \
  ip_vs_mh ip_vs_fo ip_vs_ovf veth dummy bridge nf_tables; then
  echo 'lvsd test bed: the guest cannot load its kernel modules' >/dev/console
  end
fi
ip link set lo up
setsid sh "$run/command" </dev/null >"$run/output" 2>"$run/errors"
echo $? >"$run/exit-code"
end
