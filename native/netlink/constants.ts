/** Numbers of the netlink protocol with their C names. @see include/uapi/linux/netlink.h */
import { endianness } from 'node:os';

/** Headers, attribute lengths and most payloads are in the byte order of the machine. */
export const hostIsLittleEndian = endianness() === 'LE';

export const NETLINK_ROUTE = 0;
export const NETLINK_GENERIC = 16;

export const NLMSG_ALIGNTO = 4;
/** Bytes of `struct nlmsghdr`. */
export const NLMSG_HDRLEN = 16;
/** Bytes of `struct nlattr`. */
export const NLA_HDRLEN = 4;
/** Where the two halves of that header, length and type, stand when it is read as one number of 32 bits. */
export const attributeLengthShift = hostIsLittleEndian ? 0 : 16;
export const attributeTypeShift = hostIsLittleEndian ? 16 : 0;

export const NLMSG_NOOP = 1;
export const NLMSG_ERROR = 2;
export const NLMSG_DONE = 3;
export const NLMSG_OVERRUN = 4;

export const NLM_F_REQUEST = 0x01;
export const NLM_F_MULTI = 0x02;
export const NLM_F_ACK = 0x04;
export const NLM_F_DUMP_INTR = 0x10;
export const NLM_F_ROOT = 0x100;
export const NLM_F_MATCH = 0x200;
export const NLM_F_DUMP = NLM_F_ROOT | NLM_F_MATCH;
export const NLM_F_REPLACE = 0x100;
export const NLM_F_EXCL = 0x200;
export const NLM_F_CREATE = 0x400;
export const NLM_F_APPEND = 0x800;
/** On an error reply: the request's body was left out. */
export const NLM_F_CAPPED = 0x100;
/** On an error reply: extended-ACK attributes follow. */
export const NLM_F_ACK_TLVS = 0x200;

export const NLA_F_NESTED = 0x8000;
export const NLA_F_NET_BYTEORDER = 0x4000;
export const NLA_TYPE_MASK = 0x3fff;

export const NLMSGERR_ATTR_MSG = 1;
export const NLMSGERR_ATTR_OFFS = 2;

export const SOL_NETLINK = 270;
export const NETLINK_ADD_MEMBERSHIP = 1;
export const NETLINK_CAP_ACK = 10;
export const NETLINK_EXT_ACK = 11;

/** Rounds a length up to the next multiple of 4. */
export function align(length: number): number {
  return (length + NLMSG_ALIGNTO - 1) & ~(NLMSG_ALIGNTO - 1);
}
