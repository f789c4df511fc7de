/**
 * Numbers of NETLINK_ROUTE with their C names.
 *
 * @see include/uapi/linux/rtnetlink.h, if_addr.h, if_link.h, if.h, if_arp.h, if_tunnel.h, veth.h
 */
export const RTM_NEWLINK = 16;
export const RTM_DELLINK = 17;
export const RTM_GETLINK = 18;
export const RTM_NEWADDR = 20;
export const RTM_DELADDR = 21;
export const RTM_GETADDR = 22;
export const RTM_NEWROUTE = 24;
export const RTM_DELROUTE = 25;
export const RTM_GETROUTE = 26;

export const RTNLGRP_LINK = 1;
export const RTNLGRP_IPV4_IFADDR = 5;
export const RTNLGRP_IPV6_IFADDR = 9;

/** Bytes of `struct ifaddrmsg`. */
export const IFADDRMSG_LENGTH = 8;
export const IFA_ADDRESS = 1;
export const IFA_LOCAL = 2;
export const IFA_LABEL = 3;
export const IFA_BROADCAST = 4;
export const IFA_CACHEINFO = 6;
export const IFA_FLAGS = 8;
/** Bytes of `struct ifa_cacheinfo`: u32 preferred, valid, created, changed. */
export const IFA_CACHEINFO_LENGTH = 16;
/** A lifetime without end. */
export const INFINITY_LIFE_TIME = 0xffffffff;

/** IPv4: not the first address of its subnet. */
export const IFA_F_SECONDARY = 0x01;
export const IFA_F_NODAD = 0x02;
export const IFA_F_OPTIMISTIC = 0x04;
/** Another host has the address. */
export const IFA_F_DADFAILED = 0x08;
/** Never chosen as a source, since its preferred lifetime is over. */
export const IFA_F_DEPRECATED = 0x20;
/** Duplicate address detection has not ended: nothing can be bound to it yet. */
export const IFA_F_TENTATIVE = 0x40;
export const IFA_F_PERMANENT = 0x80;
export const IFA_F_NOPREFIXROUTE = 0x200;

export const RT_SCOPE_UNIVERSE = 0;
export const RT_SCOPE_SITE = 200;
export const RT_SCOPE_LINK = 253;
export const RT_SCOPE_HOST = 254;
export const RT_SCOPE_NOWHERE = 255;

/** Bytes of `struct ifinfomsg`. */
export const IFINFOMSG_LENGTH = 16;
export const IFLA_ADDRESS = 1;
export const IFLA_IFNAME = 3;
export const IFLA_MTU = 4;
export const IFLA_LINK = 5;
export const IFLA_MASTER = 10;
export const IFLA_OPERSTATE = 16;
export const IFLA_LINKINFO = 18;
export const IFLA_EXT_MASK = 29;
export const IFLA_CARRIER = 33;
export const IFLA_LINK_NETNSID = 37;
export const IFLA_ALT_IFNAME = 53;
export const IFLA_INFO_KIND = 1;
export const IFLA_INFO_DATA = 2;
export const IFLA_IPTUN_LOCAL = 2;
export const IFLA_IPTUN_REMOTE = 3;
export const VETH_INFO_PEER = 1;
/** Leave statistics out of the answer. */
export const RTEXT_FILTER_SKIP_STATS = 8;
/** Bytes of a link's name with its NUL. */
export const IFNAMSIZ = 16;

export const ARPHRD_ETHER = 1;
export const ARPHRD_TUNNEL = 768;
export const ARPHRD_LOOPBACK = 772;

export const IFF_UP = 0x1;
export const IFF_LOOPBACK = 0x8;
export const IFF_POINTOPOINT = 0x10;
/** Up, and `carrier` and `operState` say nothing against it. */
export const IFF_RUNNING = 0x40;
/** Neither asks who has an address nor answers. */
export const IFF_NOARP = 0x80;
/** The cable is in, as far as the driver knows. */
export const IFF_LOWER_UP = 0x10000;

/** Bytes of `struct rtmsg`. */
export const RTMSG_LENGTH = 12;
export const RTA_DST = 1;
export const RTA_SRC = 2;
export const RTA_IIF = 3;
export const RTA_OIF = 4;
export const RTA_GATEWAY = 5;
export const RTA_PRIORITY = 6;
export const RTA_PREFSRC = 7;
export const RTA_MULTIPATH = 9;
/** Age and use of a route. */
export const RTA_CACHEINFO = 12;
export const RTA_TABLE = 15;
export const RTA_MARK = 16;
export const RTA_VIA = 18;
/** Bytes of `struct rtnexthop`. */
export const RTNEXTHOP_LENGTH = 8;

/** Of `RTNH_F_*` what the kernel says and nobody may set: dead, offloaded, no carrier, unresolved, trapped. */
export const RTNH_STATE_MASK = 0x79;
/** Of `RTM_F_*` the same: offloaded, trapped, offload failed. */
export const RTM_F_STATE_MASK = 0x2000c000;

export const RT_TABLE_UNSPEC = 0;
export const RT_TABLE_MAIN = 254;
export const RT_TABLE_LOCAL = 255;
export const RTPROT_KERNEL = 2;
export const RTPROT_BOOT = 3;
export const RTPROT_STATIC = 4;
export const RTN_UNICAST = 1;
/** To this host. */
export const RTN_LOCAL = 2;
/** Drops without a word. */
export const RTN_BLACKHOLE = 6;
/** Drops, and says so to the sender. */
export const RTN_UNREACHABLE = 7;
/** Made for one flow by the kernel, not a route of the table. */
export const RTM_F_CLONED = 0x200;
