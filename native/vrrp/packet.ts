/**
 * VRRP advertisements as bytes, both versions, and what is wrong with those of others. Pure.
 *
 * Shape, big-endian:
 * version 2: [u8 0x21 | u8 vrid | u8 priority | u8 count | u8 authentication type | u8 interval in s | u16 checksum]
 *            [count * 4 B address][8 B authentication data]
 * version 3: [u8 0x31 | u8 vrid | u8 priority | u8 count | u4 reserved, u12 interval in cs | u16 checksum]
 *            [count * 4 or 16 B address]
 *
 * @see RFC 9568 section 5.2 (version 3), RFC 3768 section 5.3 (version 2), RFC 2338 section 5.3.6 (passwords)
 */
import { addressBytes, encodeAddress, formatAddress, type AddressFamily } from '../inet/address.js';
import { CodecError } from '../netlink/errors.js';
import { fold, pseudoHeaderSum, sumOf } from './checksum.js';

export { IPPROTO_VRRP } from './checksum.js';
/** "The IP TTL MUST be set to 255": a router on the way would have lowered it. @see RFC 9568 section 5.1.1.3 and 5.1.2.3 */
export const VRRP_HOP_LIMIT = 255;
/** Where advertisements go that are not told to peers one by one. @see RFC 9568 section 5.1.1.2 and 5.1.2.2 */
export const VRRP_GROUP: Readonly<Record<AddressFamily, string>> = { ipv4: '224.0.0.18', ipv6: 'ff02::12' };
/** Of the owner of the addresses. */
export const PRIORITY_OWNER = 255;
/** Of one who leaves: the others need not wait for its silence. */
export const PRIORITY_LEAVING = 0;
/** Bytes of authentication data, and so of the longest password. */
export const AUTHENTICATION_BYTES = 8;

/** What an advertisement says. */
export interface VrrpAdvertisement {
  readonly version: 2 | 3;
  /** 1..255 */
  readonly vrid: number;
  /** 0 = leaving, 255 = owner. */
  readonly priority: number;
  /** Version 2: whole seconds, 1..255; version 3: whole centiseconds, 1..4095; both in ms. */
  readonly advertiseMs: number;
  /** In the order of the packet, canonical text; at least one in version 3. */
  readonly addresses: readonly string[];
  /** Version 2: the 8 bytes of a plain-text password, null for none. Version 3 has none: null. */
  readonly authentication: Uint8Array | null;
}

/** From where to where: it decides the size of addresses, and version 3's checksum covers it. */
export interface VrrpPath {
  readonly family: AddressFamily;
  readonly source: string;
  readonly destination: string;
}

/** How a packet came. */
export interface ReceivedPath extends VrrpPath {
  /** TTL or hop limit. */
  readonly hopLimit: number;
}

/** Why a packet is no advertisement, whoever it is for, in the order in which it is looked at. */
export const packetDropReasons = [
  /** TTL or hop limit is not 255: it came over a router, or pretends. RFC 9568 section 7.1 */
  'hop-limit',
  /** Not even a header. */
  'too-short',
  /** Neither version 2 over IPv4 nor version 3. */
  'version',
  /** Another type than advertisement, the only one there is. */
  'type',
  /** It ends before its addresses do, or in version 2 its authentication data. */
  'incomplete',
  /** The checksum is wrong; of version 3 over IPv4, in both ways to compute it. */
  'checksum',
  /** VRID 0, which nobody may have. */
  'zero-vrid',
  /** Version 3 without an address. RFC 9568 section 5.2.5 */
  'no-addresses',
  /** An interval of 0, which would make every backup take over at once. RFC 9568 section 5.2.7 */
  'zero-interval',
  /** Version 2 with an authentication type other than none and password. */
  'authentication-type',
] as const;
export type PacketDropReason = (typeof packetDropReasons)[number];

/** A packet that is not to be looked at any further. */
export interface PacketDrop {
  readonly drop: PacketDropReason;
}

const HEADER_BYTES = 8;
const TYPE_ADVERTISEMENT = 1;
const AUTHENTICATION_NONE = 0;
const AUTHENTICATION_PASSWORD = 1;
const longestInterval = { 2: 0xff, 3: 0xfff } as const;
/** Milliseconds of the unit on the wire. */
const intervalUnitMs = { 2: 1000, 3: 10 } as const;

/** One of each, for a drop allocates nothing. */
const drops = Object.fromEntries(
  packetDropReasons.map((reason) => [reason, Object.freeze({ drop: reason })]),
) as Readonly<Record<PacketDropReason, PacketDrop>>;

/**
 * Gives the bytes behind the IP header. Encode once and send often: nothing in them changes with time.
 *
 * @param checksum version 3 over IPv4: whether the checksum covers the addresses of the path, too, as RFC 5798 has it and most
 *   deployed routers do, or the message alone, as RFC 9568 does. Others: their one way, whatever is asked.
 * @throws CodecError when a value does not fit the version, or an address the family
 */
export function encodeAdvertisement(
  advertisement: VrrpAdvertisement,
  path: VrrpPath,
  checksum: 'pseudo-header' | 'message' = 'pseudo-header',
): Uint8Array {
  const { version, addresses, authentication } = advertisement;
  const { family } = path;
  requireFit(advertisement, family);
  const bytes = new Uint8Array(new ArrayBuffer(messageBytes(version, family, addresses.length)));
  const interval = advertisement.advertiseMs / intervalUnitMs[version];
  bytes[0] = (version << 4) | TYPE_ADVERTISEMENT;
  bytes[1] = advertisement.vrid;
  bytes[2] = advertisement.priority;
  bytes[3] = addresses.length;
  bytes[4] = version === 3 ? interval >>> 8 : authenticationType(authentication);
  bytes[5] = interval & 0xff;
  let offset = HEADER_BYTES;
  for (const address of addresses) {
    encodeAddress(address, family, bytes, offset);
    offset += addressBytes(family);
  }
  if (version === 2 && authentication !== null) bytes.set(authentication, offset);
  const covered = version === 3 && (family === 'ipv6' || checksum === 'pseudo-header');
  const sum = ~fold(sumOf(bytes, 0) + (covered ? pseudoHeaderSum(path, bytes.length) : 0)) & 0xffff;
  bytes[6] = sum >>> 8;
  bytes[7] = sum & 0xff;
  return bytes;
}

/**
 * Reads what came behind an IP header, by every rule of the RFC that needs no configuration; `judgeAdvertisement` has the others.
 *
 * Bytes behind the message are covered by the checksum and else ignored. Nothing of the result is a view of `bytes`.
 * Never throws, whatever the bytes, as long as the addresses of the path are some.
 *
 * @see RFC 9568 section 7.1, RFC 3768 section 7.1
 */
export function decodeAdvertisement(bytes: Uint8Array, path: ReceivedPath): VrrpAdvertisement | PacketDrop {
  if (path.hopLimit !== VRRP_HOP_LIMIT) return drops['hop-limit'];
  if (bytes.length < HEADER_BYTES) return drops['too-short'];
  const first = byteAt(bytes, 0);
  const version = first >>> 4;
  if (version !== 3 && (version !== 2 || path.family !== 'ipv4')) return drops.version;
  if ((first & 0x0f) !== TYPE_ADVERTISEMENT) return drops.type;
  const count = byteAt(bytes, 3);
  if (bytes.length < messageBytes(version, path.family, count)) return drops.incomplete;
  if (!checksumHolds(bytes, version, path)) return drops.checksum;
  const vrid = byteAt(bytes, 1);
  if (vrid === 0) return drops['zero-vrid'];
  if (version === 3 && count === 0) return drops['no-addresses'];
  const interval = version === 3 ? ((byteAt(bytes, 4) & 0x0f) << 8) | byteAt(bytes, 5) : byteAt(bytes, 5);
  if (interval === 0) return drops['zero-interval'];
  const authenticated = version === 2 && byteAt(bytes, 4) === AUTHENTICATION_PASSWORD;
  if (version === 2 && !authenticated && byteAt(bytes, 4) !== AUTHENTICATION_NONE)
    return drops['authentication-type'];
  const end = HEADER_BYTES + count * addressBytes(path.family);
  return {
    version,
    vrid,
    priority: byteAt(bytes, 2),
    advertiseMs: interval * intervalUnitMs[version],
    addresses: readAddresses(bytes, path.family, count),
    authentication: authenticated ? bytes.slice(end, end + AUTHENTICATION_BYTES) : null,
  };
}

/** Whether what `decodeAdvertisement` gave is a reason to pass the packet over. */
export function isDrop(decoded: VrrpAdvertisement | PacketDrop): decoded is PacketDrop {
  return 'drop' in decoded;
}

/**
 * Gives a password of version 2 as it goes over the wire, in the clear: UTF-8, padded with zeros.
 *
 * @throws CodecError when it is longer than 8 bytes; the message does not have it
 */
export function encodePassword(password: string): Uint8Array {
  const text = new TextEncoder().encode(password);
  requireValue('password', text.length <= AUTHENTICATION_BYTES, 'at most 8 bytes', `${text.length}`);
  const bytes = new Uint8Array(AUTHENTICATION_BYTES);
  bytes.set(text);
  return bytes;
}

function messageBytes(version: 2 | 3, family: AddressFamily, count: number): number {
  return HEADER_BYTES + count * addressBytes(family) + (version === 2 ? AUTHENTICATION_BYTES : 0);
}

function authenticationType(authentication: Uint8Array | null): number {
  return authentication === null ? AUTHENTICATION_NONE : AUTHENTICATION_PASSWORD;
}

function readAddresses(bytes: Uint8Array, family: AddressFamily, count: number): string[] {
  const step = addressBytes(family);
  return Array.from({ length: count }, (_, index) =>
    formatAddress(bytes, HEADER_BYTES + index * step, family),
  );
}

/** The sum over everything, the checksum's own field included, is all ones. @see RFC 1071 section 1 */
function checksumHolds(bytes: Uint8Array, version: 2 | 3, path: VrrpPath): boolean {
  const sum = sumOf(bytes, 0);
  if ((version === 2 || path.family === 'ipv4') && fold(sum) === 0xffff) return true;
  return version === 3 && fold(sum + pseudoHeaderSum(path, bytes.length)) === 0xffff;
}

/** Past the end: 0. */
function byteAt(bytes: Uint8Array, offset: number): number {
  return bytes[offset] ?? 0;
}

function requireFit(advertisement: VrrpAdvertisement, family: AddressFamily): void {
  const { version, vrid, priority, advertiseMs, addresses, authentication } = advertisement;
  requireValue('version', version === 3 || family === 'ipv4', '3 over IPv6', `${version}`);
  requireWhole('VRID', vrid, 1, 0xff);
  requireWhole('priority', priority, 0, 0xff);
  const unit = intervalUnitMs[version];
  requireWhole(`interval in units of ${unit} ms`, advertiseMs / unit, 1, longestInterval[version]);
  requireWhole('count of addresses', addresses.length, version === 3 ? 1 : 0, 0xff);
  if (authentication === null) return;
  requireValue('authentication', version === 2, 'none in version 3', 'some');
  requireWhole('bytes of authentication', authentication.length, AUTHENTICATION_BYTES, AUTHENTICATION_BYTES);
}

function requireWhole(what: string, value: number, least: number, most: number): void {
  const fits = Number.isInteger(value) && value >= least && value <= most;
  requireValue(what, fits, least === most ? `${least}` : `${least}..${most}`, `${value}`);
}

function requireValue(what: string, fits: boolean, expected: string, got: string): void {
  if (!fits) throw new CodecError({ what: `VRRP ${what}`, offset: 0, expected, got });
}
