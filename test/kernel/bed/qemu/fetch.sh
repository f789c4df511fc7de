#!/bin/sh
# Unpacks Debian's cloud kernel into the folder $1 and packs the small system that brings it to the host's files, without
# root. The caller holds the folder's lock. lib/modules and the kernel appear by one rename, so that they are never there in part.
set -eu
cd "$1"
if [ -e guest/kernel ]; then exit 0; fi
# Whoever left such a folder is gone, for the lock is ours.
rm -rf "$PWD"/new.*
work=$(mktemp -d "$PWD/new.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
cd "$work"
# The package without a number only depends on the kernel's own.
image=$(apt-cache depends --no-recommends --no-suggests linux-image-cloud-amd64 | sed -n 's/^ *Depends: *\(linux-image-[^ ]*\)$/\1/p' | head -n 1)
apt-get download "${image:-linux-image-cloud-amd64}" busybox-static >/dev/null
for package in ./*.deb; do dpkg -x "$package" unpacked; done

# Newer packages keep modules below usr/.
mkdir -p guest/lib start/modules start/dev start/host
for folder in unpacked/usr/lib/modules unpacked/lib/modules; do
  if [ -d "$folder" ]; then mv "$folder" guest/lib/modules; fi
done
release=$(basename guest/lib/modules/*)
depmod -b guest "$release"
mv "unpacked/boot/vmlinuz-$release" guest/kernel-image

for program in unpacked/bin/busybox unpacked/usr/bin/busybox; do
  if [ -x "$program" ]; then cp "$program" start/busybox; fi
done
cp "$2" start/init
chmod 755 start/init start/busybox
# What reaches the host's files, in the order of what needs what.
modprobe -d guest -S "$release" --show-depends virtio_pci >list
modprobe -d guest -S "$release" --show-depends virtiofs >>list
number=10
sed -n 's/^insmod \([^ ]*\).*/\1/p' list | awk '!seen[$0]++' >files
while read -r file; do
  case $file in
    *.xz) xz -dc "$file" >"start/modules/$number" ;;
    *.zst) zstd -qdc "$file" >"start/modules/$number" ;;
    *) cp "$file" "start/modules/$number" ;;
  esac
  number=$((number + 1))
done <files
(cd start && find . | ./busybox cpio -o -H newc 2>/dev/null) >guest/start-image
ln -s kernel-image guest/kernel
mv guest ../guest
