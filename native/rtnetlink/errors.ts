/** What the kernel's errno means for each rtnetlink operation, as stable codes. */
import { NetlinkError } from '../netlink/errors.js';
import type { NetlinkErrorDetails } from '../netlink/errors.js';

export type RtnetlinkOperation =
  | 'list-addresses'
  | 'add-address'
  | 'replace-address'
  | 'delete-address'
  | 'list-links'
  | 'get-link'
  | 'set-link'
  | 'create-link'
  | 'delete-link'
  | 'list-routes'
  | 'get-route'
  | 'add-route'
  | 'delete-route';

export type RtnetlinkErrorCode =
  | 'ERR_RTNETLINK_ADDRESS_EXISTS'
  /** Nothing to delete: not this address with this prefix length on this interface. */
  | 'ERR_RTNETLINK_ADDRESS_UNKNOWN'
  | 'ERR_RTNETLINK_LINK_EXISTS'
  | 'ERR_RTNETLINK_LINK_UNKNOWN'
  | 'ERR_RTNETLINK_ROUTE_EXISTS'
  | 'ERR_RTNETLINK_ROUTE_UNKNOWN'
  /** The gateway is not in a subnet that can be reached, or its interface is down. */
  | 'ERR_RTNETLINK_GATEWAY_UNREACHABLE'
  /** `disable_ipv6` is set on the interface. */
  | 'ERR_RTNETLINK_IPV6_DISABLED'
  /** CAP_NET_ADMIN is missing in the user namespace that owns the network namespace. */
  | 'ERR_RTNETLINK_PERMISSION'
  /** A value that the kernel refuses, or that fits no message (`cause` is a CodecError then, and nothing was sent). */
  | 'ERR_RTNETLINK_INVALID'
  /** The kernel cannot do this, or lacks the module for it. */
  | 'ERR_RTNETLINK_UNSUPPORTED'
  /** Answers were lost or did not come: whether it was done is unknown, list again. */
  | 'ERR_RTNETLINK_UNKNOWN_OUTCOME'
  /** Any other errno; see `details.errno`. */
  | 'ERR_RTNETLINK_REFUSED';

type ByErrno = Readonly<Record<string, RtnetlinkErrorCode>>;

const anyOperation: ByErrno = {
  EPERM: 'ERR_RTNETLINK_PERMISSION',
  ENODEV: 'ERR_RTNETLINK_LINK_UNKNOWN',
  EINVAL: 'ERR_RTNETLINK_INVALID',
  ERANGE: 'ERR_RTNETLINK_INVALID',
  EOPNOTSUPP: 'ERR_RTNETLINK_UNSUPPORTED',
  EAFNOSUPPORT: 'ERR_RTNETLINK_UNSUPPORTED',
};

const newAddress: ByErrno = {
  EEXIST: 'ERR_RTNETLINK_ADDRESS_EXISTS',
  // not a matter of privilege, though strerror calls it so
  EACCES: 'ERR_RTNETLINK_IPV6_DISABLED',
  // an IPv6 multicast address
  EADDRNOTAVAIL: 'ERR_RTNETLINK_INVALID',
};

const byOperation: Readonly<Partial<Record<RtnetlinkOperation, ByErrno>>> = {
  'add-address': newAddress,
  'replace-address': newAddress,
  'delete-address': {
    EADDRNOTAVAIL: 'ERR_RTNETLINK_ADDRESS_UNKNOWN',
    // IPv6 is not there on this interface, and neither is the address
    ENXIO: 'ERR_RTNETLINK_ADDRESS_UNKNOWN',
  },
  'create-link': { EEXIST: 'ERR_RTNETLINK_LINK_EXISTS' },
  'add-route': {
    EEXIST: 'ERR_RTNETLINK_ROUTE_EXISTS',
    EACCES: 'ERR_RTNETLINK_IPV6_DISABLED',
    ENETUNREACH: 'ERR_RTNETLINK_GATEWAY_UNREACHABLE',
    EHOSTUNREACH: 'ERR_RTNETLINK_GATEWAY_UNREACHABLE',
    ENETDOWN: 'ERR_RTNETLINK_GATEWAY_UNREACHABLE',
  },
  'get-route': {
    ENETUNREACH: 'ERR_RTNETLINK_ROUTE_UNKNOWN',
    EHOSTUNREACH: 'ERR_RTNETLINK_ROUTE_UNKNOWN',
    EACCES: 'ERR_RTNETLINK_ROUTE_UNKNOWN',
    // a blackhole says no more than that
    EINVAL: 'ERR_RTNETLINK_ROUTE_UNKNOWN',
    // the reverse path filter, where a packet is said to come in by an interface
    EXDEV: 'ERR_RTNETLINK_ROUTE_UNKNOWN',
  },
  'delete-route': { ESRCH: 'ERR_RTNETLINK_ROUTE_UNKNOWN' },
};

/** Gives the code of an errno's C name in answer to `operation`. Never throws. */
export function rtnetlinkErrorCode(operation: RtnetlinkOperation, errno: string): RtnetlinkErrorCode {
  return byOperation[operation]?.[errno] ?? anyOperation[errno] ?? 'ERR_RTNETLINK_REFUSED';
}

/** An operation that the kernel refused. `details.errno` is the kernel's word, `cause` the answer itself. */
export class RtnetlinkError extends NetlinkError<RtnetlinkErrorCode> {
  override readonly name = 'RtnetlinkError';
  readonly operation: RtnetlinkOperation;

  constructor(
    code: RtnetlinkErrorCode,
    operation: RtnetlinkOperation,
    reason: string,
    details: NetlinkErrorDetails,
    options?: ErrorOptions,
  ) {
    super(code, reason, details, options);
    this.operation = operation;
  }
}
