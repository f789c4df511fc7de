#!/busybox sh
# First program of the guest, in memory: loads what reaches the host's files, and goes on there with $lvsd_init, which the
# kernel takes from its command line.
/busybox mount -t devtmpfs devtmpfs /dev
for module in /modules/*; do /busybox insmod "$module"; done
if /busybox mount -t virtiofs host /host; then exec /busybox switch_root /host "$lvsd_init"; fi
echo "lvsd test bed: the guest cannot mount the host's files"
/busybox reboot -f
