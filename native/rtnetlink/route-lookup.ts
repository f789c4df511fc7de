/** The way of one packet, as the kernel would route it. */
import { addressBytes } from '../inet/address.js';
import { familyNumber } from '../inet/family.js';
import { AttributeWriter } from '../netlink/attribute.js';
import type { NetlinkConnection } from '../netlink/connection.js';
import type { Writer } from '../netlink/writer.js';
import { encodeAddressAttribute, requireFamily } from './address-attribute.js';
import * as id from './constants.js';
import { RtnetlinkError } from './errors.js';
import { ask } from './request.js';
import { decodeRouteAnswer } from './route-codec.js';
import type { Route, RouteLookup } from './types.js';

/**
 * Asks the kernel which way a packet takes, rules of policy routing included. What it chose as the source of a packet of
 * this host is `preferredSource`; a destination of this host is of type `RTN_LOCAL`.
 *
 * Of a packet that comes in by `inputIndex` the reverse path filter has its say, by the settings that are in force.
 *
 * @returns null where there is no route, one that leads nowhere, or one that the filter does not let it have
 * @throws RtnetlinkError `ERR_RTNETLINK_LINK_UNKNOWN`, `_INVALID`; CodecError; SyscallError
 * @see net/ipv4/route.c (inet_rtm_getroute), net/ipv6/route.c (inet6_rtm_getroute)
 */
export function lookupRoute(connection: NetlinkConnection, lookup: RouteLookup): Route | null {
  try {
    const [route = null] = ask(
      connection,
      {
        operation: 'get-route',
        subject: `to ${lookup.destination}`,
        type: id.RTM_GETROUTE,
        encode: (writer) => encodeRouteLookup(writer, lookup),
      },
      decodeRouteAnswer,
    );
    return route?.type === id.RTN_UNICAST || route?.type === id.RTN_LOCAL ? route : null;
  } catch (error) {
    if (error instanceof RtnetlinkError && error.code === 'ERR_RTNETLINK_ROUTE_UNKNOWN') return null;
    throw error;
  }
}

/** Shape: struct rtmsg with the full prefix length, then the attributes. @throws CodecError when a value fits no field */
function encodeRouteLookup(writer: Writer, { destination, source, inputIndex, mark }: RouteLookup): void {
  const family = requireFamily(destination, 'RTA_DST');
  const length = 8 * addressBytes(family);
  writer.u8(familyNumber(family), 'rtm_family');
  writer.u8(length, 'rtm_dst_len');
  writer.u8(source === undefined ? 0 : length, 'rtm_src_len');
  writer.zeros(id.RTMSG_LENGTH - 3);
  const attributes = new AttributeWriter(writer);
  encodeAddressAttribute(attributes, id.RTA_DST, destination, family);
  if (source !== undefined) encodeAddressAttribute(attributes, id.RTA_SRC, source, family);
  if (inputIndex !== undefined) attributes.u32(id.RTA_IIF, inputIndex, 'RTA_IIF');
  if (mark !== undefined) attributes.u32(id.RTA_MARK, mark, 'RTA_MARK');
}
