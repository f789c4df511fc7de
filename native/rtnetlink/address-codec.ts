/**
 * Addresses of interfaces as bytes. Pure.
 *
 * Shape: [ifaddrmsg 8 B: u8 family | u8 prefix length | u8 flags | u8 scope | u32 interface index][attributes].
 *
 * @see include/uapi/linux/if_addr.h; net/ipv4/devinet.c (inet_fill_ifaddr), net/ipv6/addrconf.c (inet6_fill_ifaddr)
 */
import type { AddressFamily } from '../inet/address.js';
import { AF_UNSPEC, familyNumber, familyOfNumber } from '../inet/family.js';
import { AttributeReader, AttributeWriter } from '../netlink/attribute.js';
import { CodecError } from '../netlink/errors.js';
import type { NetlinkMessage } from '../netlink/message.js';
import { Reader } from '../netlink/reader.js';
import type { Writer } from '../netlink/writer.js';
import { decodeAddressAttribute, encodeAddressAttribute, requireFamily } from './address-attribute.js';
import * as id from './constants.js';
import type { AddressConfig, AddressKey, InterfaceAddress } from './types.js';

/** Appends the payload of `RTM_GETADDR` for a dump. Never throws. */
export function encodeAddressQuery(writer: Writer, family: AddressFamily | null): void {
  encodeHeader(writer, family === null ? AF_UNSPEC : familyNumber(family), 0, 0, id.RT_SCOPE_UNIVERSE, 0);
}

/** Appends the payload of `RTM_DELADDR`. @throws CodecError when a value fits no field */
export function encodeAddressKey(writer: Writer, key: AddressKey): void {
  encodeOwnAddress(writer, key, 0, id.RT_SCOPE_UNIVERSE);
}

/** Appends the payload of `RTM_NEWADDR`. @throws CodecError when a value fits no field */
export function encodeAddressConfig(writer: Writer, config: AddressConfig): void {
  const { broadcast, label, scope = id.RT_SCOPE_UNIVERSE } = config;
  const noDad = config.noDad === true ? id.IFA_F_NODAD : 0;
  const flags = noDad | (config.noPrefixRoute === true ? id.IFA_F_NOPREFIXROUTE : 0);
  const { attributes, family } = encodeOwnAddress(writer, config, flags, scope);
  if (broadcast !== undefined) encodeAddressAttribute(attributes, id.IFA_BROADCAST, broadcast, family);
  if (label !== undefined) attributes.string(id.IFA_LABEL, label, 'IFA_LABEL');
  if (flags !== 0) attributes.u32(id.IFA_FLAGS, flags, 'IFA_FLAGS');
  encodeLifetimes(attributes, config);
}

/** The header has room for the lower eight flags only; the rest is an attribute. */
function encodeOwnAddress(
  writer: Writer,
  { address, peer, prefixLength, index }: AddressKey,
  flags: number,
  scope: number,
): { attributes: AttributeWriter; family: AddressFamily } {
  const family = requireFamily(address, 'IFA_LOCAL');
  encodeHeader(writer, familyNumber(family), prefixLength, flags & 0xff, scope, index);
  const attributes = new AttributeWriter(writer);
  encodeAddressAttribute(attributes, id.IFA_LOCAL, address, family);
  encodeAddressAttribute(attributes, id.IFA_ADDRESS, peer ?? address, family);
  return { attributes, family };
}

/** Gives the address of one message, or null when it is of a family that is not IP. @throws CodecError */
export function decodeAddress(message: NetlinkMessage): InterfaceAddress | null {
  const reader = new Reader(message.payload);
  const family = familyOfNumber(reader.u8(0, 'ifa_family'));
  reader.need(0, id.IFADDRMSG_LENGTH, 'struct ifaddrmsg');
  if (family === null) return null;
  let flags = reader.u8(2, 'ifa_flags');
  let local: string | null = null;
  let address: string | null = null;
  let broadcast: string | null = null;
  let label: string | null = null;
  let lifetimes: Lifetimes = { preferredSec: null, validSec: null };
  const attributes = new AttributeReader(reader, id.IFADDRMSG_LENGTH, reader.length);
  while (attributes.next()) {
    switch (attributes.type) {
      case id.IFA_LOCAL:
        local = decodeAddressAttribute(attributes, family, 'IFA_LOCAL');
        break;
      case id.IFA_ADDRESS:
        address = decodeAddressAttribute(attributes, family, 'IFA_ADDRESS');
        break;
      case id.IFA_BROADCAST:
        broadcast = decodeAddressAttribute(attributes, family, 'IFA_BROADCAST');
        break;
      case id.IFA_LABEL:
        label = attributes.string('IFA_LABEL');
        break;
      case id.IFA_FLAGS:
        flags = attributes.u32('IFA_FLAGS');
        break;
      case id.IFA_CACHEINFO:
        lifetimes = decodeLifetimes(attributes);
        break;
      default:
    }
  }
  const own = local ?? address;
  if (own === null) {
    const expected = 'IFA_LOCAL or IFA_ADDRESS';
    throw new CodecError({ what: 'address message', offset: id.IFADDRMSG_LENGTH, expected, got: 'neither' });
  }
  return {
    family,
    index: reader.u32(4, 'ifa_index'),
    address: own,
    prefixLength: reader.u8(1, 'ifa_prefixlen'),
    peer: address === own ? null : address,
    broadcast,
    label,
    scope: reader.u8(3, 'ifa_scope'),
    flags,
    ...lifetimes,
  };
}

function encodeHeader(
  writer: Writer,
  family: number,
  prefixLength: number,
  flags: number,
  scope: number,
  index: number,
): void {
  writer.u8(family, 'ifa_family');
  writer.u8(prefixLength, 'ifa_prefixlen');
  writer.u8(flags, 'ifa_flags');
  writer.u8(scope, 'ifa_scope');
  writer.u32(index, 'ifa_index');
}

type Lifetimes = Pick<InterfaceAddress, 'preferredSec' | 'validSec'>;

/** Left out where both are without end, which is what the kernel takes then. */
function encodeLifetimes(attributes: AttributeWriter, config: AddressConfig): void {
  const validSec = config.validSec ?? null;
  // an address that ends is not preferred for longer than that
  const preferredSec = config.preferredSec ?? validSec;
  if (preferredSec === null && validSec === null) return;
  const start = attributes.begin(id.IFA_CACHEINFO);
  attributes.writer.u32(preferredSec ?? id.INFINITY_LIFE_TIME, 'IFA_CACHEINFO preferred');
  attributes.writer.u32(validSec ?? id.INFINITY_LIFE_TIME, 'IFA_CACHEINFO valid');
  attributes.writer.u32(0, 'IFA_CACHEINFO created');
  attributes.writer.u32(0, 'IFA_CACHEINFO changed');
  attributes.end(start, 'IFA_CACHEINFO');
}

function decodeLifetimes(attributes: AttributeReader): Lifetimes {
  const reader = new Reader(attributes.bytes('IFA_CACHEINFO', id.IFA_CACHEINFO_LENGTH));
  return {
    preferredSec: finiteSeconds(reader.u32(0, 'IFA_CACHEINFO preferred')),
    validSec: finiteSeconds(reader.u32(4, 'IFA_CACHEINFO valid')),
  };
}

function finiteSeconds(seconds: number): number | null {
  return seconds === id.INFINITY_LIFE_TIME ? null : seconds;
}
