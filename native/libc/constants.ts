/** Numbers of the Linux socket interface that lvsd uses, with their C names (all architectures but mips, sparc, alpha and hppa). */
export const AF_NETLINK = 16;
export const AF_PACKET = 17;
export const AF_UNIX = 1;
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;

export const IPPROTO_IP = 0;
export const IPPROTO_ICMP = 1;
export const IPPROTO_IPV6 = 41;
export const IPPROTO_ICMPV6 = 58;

export const SOL_SOCKET = 1;
export const SO_SNDBUF = 7;
export const SO_RCVBUF = 8;
export const SO_PRIORITY = 12;
export const SO_BINDTODEVICE = 25;
export const SO_SNDBUFFORCE = 32;
export const SO_RCVBUFFORCE = 33;
export const SO_MARK = 36;
/** powerpc alone of the supported ones counts these differently. */
export const SO_PEERCRED = process.arch === 'ppc64' ? 21 : 17;
/** An interface by its index, since Linux 5.1. */
export const SO_BINDTOIFINDEX = 62;
export const SO_NETNS_COOKIE = 71;

export const MSG_TRUNC = 0x20;
export const MSG_DONTWAIT = 0x40;

export const POLLIN = 0x1;

export const CLONE_NEWNET = 0x40000000;

/** Bytes of `sun_path`. @see unix(7) */
export const UNIX_PATH_MAX = 108;
