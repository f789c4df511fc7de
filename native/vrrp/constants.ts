/** Numbers of socket options of IPv4 and IPv6, with their C names. @see ip(7), ipv6(7); include/uapi/linux/in.h, in6.h */
export const IP_TOS = 1;
export const IP_TTL = 2;
export const IP_PKTINFO = 8;
export const IP_MULTICAST_IF = 32;
export const IP_MULTICAST_TTL = 33;
export const IP_MULTICAST_LOOP = 34;
export const IP_ADD_MEMBERSHIP = 35;
export const IP_MULTICAST_ALL = 49;

export const IPV6_UNICAST_HOPS = 16;
export const IPV6_MULTICAST_IF = 17;
export const IPV6_MULTICAST_HOPS = 18;
export const IPV6_MULTICAST_LOOP = 19;
export const IPV6_ADD_MEMBERSHIP = 20;
export const IPV6_RECVPKTINFO = 49;
export const IPV6_PKTINFO = 50;
export const IPV6_RECVHOPLIMIT = 51;
export const IPV6_HOPLIMIT = 52;
export const IPV6_TCLASS = 67;

/** Class selector 6 of the differentiated services: what keeps the network itself going. @see RFC 2474 section 4.2.2.2 */
export const IPTOS_CLASS_CS6 = 0xc0;
/** Of the queue on the way out; 7 needs a capability. @see include/uapi/linux/pkt_sched.h (TC_PRIO_INTERACTIVE) */
export const TC_PRIO_INTERACTIVE = 6;
