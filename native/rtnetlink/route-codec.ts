/**
 * Routes as bytes. Pure.
 *
 * Shape: [rtmsg 12 B: u8 family | u8 destination length | u8 source length | u8 tos | u8 table | u8 protocol | u8 scope |
 * u8 type | u32 flags][attributes].
 *
 * @see include/uapi/linux/rtnetlink.h; net/ipv4/fib_semantics.c (fib_dump_info), net/ipv6/route.c (rt6_fill_node)
 */
import { formatAddress, parseAddress, type AddressFamily } from '../inet/address.js';
import { AF_UNSPEC, familyNumber, familyOfNumber } from '../inet/family.js';
import { AttributeReader, AttributeWriter } from '../netlink/attribute.js';
import { align } from '../netlink/constants.js';
import { CodecError } from '../netlink/errors.js';
import type { NetlinkMessage } from '../netlink/message.js';
import { Reader } from '../netlink/reader.js';
import { Writer } from '../netlink/writer.js';
import { decodeAddressAttribute, encodeAddressAttribute, requireFamily } from './address-attribute.js';
import * as id from './constants.js';
import type { NextHop, Route, RouteConfig, SavedRoute } from './types.js';

/** Appends the payload of `RTM_GETROUTE` for a dump. Never throws. */
export function encodeRouteQuery(writer: Writer, family: AddressFamily | null): void {
  writer.u8(family === null ? AF_UNSPEC : familyNumber(family), 'rtm_family');
  writer.zeros(id.RTMSG_LENGTH - 1);
}

/**
 * Appends the payload of `RTM_NEWROUTE`.
 *
 * @throws CodecError when a value fits no field, or the destination has bits past its prefix
 */
export function encodeRoute(writer: Writer, route: RouteConfig): void {
  const linkScope = route.gateway === undefined ? id.RT_SCOPE_LINK : id.RT_SCOPE_UNIVERSE;
  encode(writer, route, { protocol: id.RTPROT_STATIC, scope: linkScope, type: id.RTN_UNICAST });
}

/** Appends the payload of `RTM_DELROUTE`, for a unicast route of any scope and maker. @throws CodecError as `encodeRoute` */
export function encodeRouteKey(writer: Writer, route: RouteConfig): void {
  encode(writer, route, { protocol: 0, scope: id.RT_SCOPE_NOWHERE, type: id.RTN_UNICAST });
}

/** Gives the route of one message, or null when its family is not IP or it is the kernel's copy for one flow. @throws CodecError */
export function decodeRoute(message: NetlinkMessage): Route | null {
  const reader = new Reader(message.payload);
  reader.need(0, id.RTMSG_LENGTH, 'struct rtmsg');
  return (reader.u32(8, 'rtm_flags') & id.RTM_F_CLONED) === 0 ? decodeRouteAnswer(message) : null;
}

/** As `decodeRoute`, and the kernel's copy for one flow, too: what it answers to the question for one packet. @throws CodecError */
export function decodeRouteAnswer(message: NetlinkMessage): Route | null {
  const reader = new Reader(message.payload);
  reader.need(0, id.RTMSG_LENGTH, 'struct rtmsg');
  const family = familyOfNumber(reader.u8(0, 'rtm_family'));
  if (family === null) return null;
  let destination = family === 'ipv4' ? '0.0.0.0' : '::';
  let preferredSource: string | null = null;
  let metric = 0;
  let table = reader.u8(4, 'rtm_table');
  const attributes = new AttributeReader(reader, id.RTMSG_LENGTH, reader.length);
  while (attributes.next()) {
    switch (attributes.type) {
      case id.RTA_DST:
        destination = decodeAddressAttribute(attributes, family, 'RTA_DST');
        break;
      case id.RTA_PREFSRC:
        preferredSource = decodeAddressAttribute(attributes, family, 'RTA_PREFSRC');
        break;
      case id.RTA_PRIORITY:
        metric = attributes.u32('RTA_PRIORITY');
        break;
      case id.RTA_TABLE:
        table = attributes.u32('RTA_TABLE');
        break;
      default:
    }
  }
  return {
    family,
    destination,
    prefixLength: reader.u8(1, 'rtm_dst_len'),
    nextHops: decodeNextHops(reader, family),
    preferredSource,
    metric,
    table,
    protocol: reader.u8(5, 'rtm_protocol'),
    scope: reader.u8(6, 'rtm_scope'),
    type: reader.u8(7, 'rtm_type'),
  };
}

/** As `decodeRoute`, with the payload itself. @throws CodecError */
export function decodeSavedRoute(message: NetlinkMessage): SavedRoute | null {
  const route = decodeRoute(message);
  return route === null ? null : { route, bytes: withoutMoment(message.payload) };
}

/** Appends the payload of `RTM_NEWROUTE` or `RTM_DELROUTE` for a saved route. Never throws. */
export function encodeSavedRoute(writer: Writer, bytes: Uint8Array): void {
  writer.bytes(bytes);
}

/** A copy of a route's payload without the state of its next hops, which the kernel would refuse, and without its age. */
function withoutMoment(payload: Uint8Array): Uint8Array {
  const reader = new Reader(payload);
  const writer = new Writer();
  writer.bytes(reader.slice(0, id.RTMSG_LENGTH - 4, 'struct rtmsg'));
  const states = id.RTNH_STATE_MASK | id.RTM_F_STATE_MASK;
  writer.u32((reader.u32(8, 'rtm_flags') & ~states) >>> 0, 'rtm_flags');
  const attributes = new AttributeReader(reader, id.RTMSG_LENGTH, reader.length);
  const kept = new AttributeWriter(writer);
  while (attributes.next()) {
    const bytes = attributes.bytes('route attribute');
    if (attributes.type === id.RTA_CACHEINFO) continue;
    kept.bytes(
      attributes.type,
      attributes.type === id.RTA_MULTIPATH ? withoutHopStates(bytes) : bytes,
      'route attribute',
    );
  }
  return writer.finish().slice();
}

/** As the next hops of a multipath route carry their flags one by one. */
function withoutHopStates(hops: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(hops);
  const reader = new Reader(copy);
  for (let offset = 0; offset < copy.length;) {
    reader.need(offset, id.RTNEXTHOP_LENGTH, 'struct rtnexthop');
    copy[offset + 2] = reader.u8(offset + 2, 'rtnh_flags') & ~id.RTNH_STATE_MASK;
    offset = alignedEnd(offset, Math.max(id.RTNEXTHOP_LENGTH, reader.u16(offset, 'rtnh_len')), copy.length);
  }
  return copy;
}

interface Origin {
  readonly protocol: number;
  readonly scope: number;
  readonly type: number;
}

const largestSmallTable = 0xff;

function encode(writer: Writer, route: RouteConfig, { protocol, scope, type }: Origin): void {
  const family = requireFamily(route.destination, 'RTA_DST');
  const table = route.table ?? id.RT_TABLE_MAIN;
  writer.u8(familyNumber(family), 'rtm_family');
  writer.u8(route.prefixLength, 'rtm_dst_len');
  writer.zeros(2);
  writer.u8(table > largestSmallTable ? id.RT_TABLE_UNSPEC : table, 'rtm_table');
  writer.u8(protocol, 'rtm_protocol');
  writer.u8(scope, 'rtm_scope');
  writer.u8(type, 'rtm_type');
  writer.u32(0, 'rtm_flags');
  const attributes = new AttributeWriter(writer);
  requireNoHostBits(route);
  if (route.prefixLength > 0) encodeAddressAttribute(attributes, id.RTA_DST, route.destination, family);
  if (route.gateway !== undefined) encodeAddressAttribute(attributes, id.RTA_GATEWAY, route.gateway, family);
  if (route.index !== undefined) attributes.u32(id.RTA_OIF, route.index, 'RTA_OIF');
  if (route.preferredSource !== undefined) {
    encodeAddressAttribute(attributes, id.RTA_PREFSRC, route.preferredSource, family);
  }
  if (route.metric !== undefined) attributes.u32(id.RTA_PRIORITY, route.metric, 'RTA_PRIORITY');
  attributes.u32(id.RTA_TABLE, table, 'RTA_TABLE');
}

/**
 * A default route has no place for an address, and of IPv6 the kernel drops the bits past the prefix: a slip in the
 * prefix length would name another route, and delete that.
 */
function requireNoHostBits({ destination, prefixLength }: RouteConfig): void {
  const bytes = parseAddress(destination) ?? [];
  const within = bytes.every((byte, index) => (byte & hostMask(prefixLength - 8 * index)) === 0);
  if (within) return;
  const expected = `an address without bits past its prefix of ${prefixLength}`;
  throw new CodecError({ what: 'RTA_DST', offset: 0, expected, got: destination });
}

/** The bits of a byte that are past the prefix. @param networkBits from the byte's first on; may be below 0 and above 8 */
function hostMask(networkBits: number): number {
  return 0xff >> Math.min(8, Math.max(0, networkBits));
}

/** The route's own next hop, or those of a multipath route. */
function decodeNextHops(reader: Reader, family: AddressFamily): NextHop[] {
  const attributes = new AttributeReader(reader, id.RTMSG_LENGTH, reader.length);
  let hops: NextHop[] | null = null;
  while (attributes.next()) {
    if (attributes.type === id.RTA_MULTIPATH)
      hops = decodeMultipath(attributes.bytes('RTA_MULTIPATH'), family);
  }
  if (hops !== null) return hops;
  const hop = decodeHop(new AttributeReader(reader, id.RTMSG_LENGTH, reader.length), family);
  return hop.gateway === null && hop.index === null ? [] : [hop];
}

/** Shape: [rtnexthop 8 B: u16 length | u8 flags | u8 weight - 1 | s32 interface index][attributes], repeated. */
function decodeMultipath(bytes: Uint8Array, family: AddressFamily): NextHop[] {
  const reader = new Reader(bytes);
  const hops: NextHop[] = [];
  for (let offset = 0; offset < bytes.length;) {
    reader.need(offset, id.RTNEXTHOP_LENGTH, 'struct rtnexthop');
    const length = reader.u16(offset, 'rtnh_len');
    reader.need(offset, length, 'next hop');
    // refuses a length that is shorter than the header, so the loop goes forward
    const attributes = new AttributeReader(reader, offset + id.RTNEXTHOP_LENGTH, offset + length);
    hops.push({ ...decodeHop(attributes, family), index: reader.i32(offset + 4, 'rtnh_ifindex') });
    offset = alignedEnd(offset, length, bytes.length);
  }
  return hops;
}

/** The padding of the last one may be cut off. */
function alignedEnd(offset: number, length: number, end: number): number {
  return Math.min(offset + align(length), end);
}

function decodeHop(attributes: AttributeReader, family: AddressFamily): NextHop {
  let gateway: string | null = null;
  let index: number | null = null;
  while (attributes.next()) {
    switch (attributes.type) {
      case id.RTA_GATEWAY:
        gateway = decodeAddressAttribute(attributes, family, 'RTA_GATEWAY');
        break;
      case id.RTA_VIA:
        gateway = decodeVia(attributes);
        break;
      case id.RTA_OIF:
        index = attributes.u32('RTA_OIF');
        break;
      default:
    }
  }
  return { gateway, index };
}

/** A gateway of another family than the route's: u16 family, address. Null for one that is not IP. */
function decodeVia(attributes: AttributeReader): string | null {
  const reader = new Reader(attributes.bytes('RTA_VIA'));
  const family = familyOfNumber(reader.u16(0, 'rtvia_family'));
  return family === null ? null : formatAddress(reader.bytes, 2, family);
}
