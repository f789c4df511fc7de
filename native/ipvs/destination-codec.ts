/**
 * The DEST nest: what identifies a destination, and all of it.
 *
 * @see net/netfilter/ipvs/ip_vs_ctl.c (ip_vs_genl_parse_dest, ip_vs_genl_fill_dest)
 */
import type { AttributeReader, AttributeWriter } from '../netlink/attribute.js';
import { CodecError } from '../netlink/errors.js';
import { familyNumber } from '../inet/family.js';
import * as address from './address-attributes.js';
import * as id from './constants.js';
import { decodeStats } from './stats-codec.js';
import type {
  IpvsDestination,
  IpvsDestinationEntry,
  IpvsDestinationConfig,
  IpvsDestinationKey,
  IpvsFamily,
  IpvsForwarding,
  IpvsTunnel,
} from './types.js';

/** By number on the wire. */
const forwardings: readonly IpvsForwarding[] = ['masq', 'local', 'tunnel', 'droute', 'bypass'];
const tunnelTypes: readonly IpvsTunnel['type'][] = ['ipip', 'gue', 'gre'];

/** Appends the nest with what identifies the destination. @throws CodecError when a value does not fit */
export function encodeDestinationKey(writer: AttributeWriter, key: IpvsDestinationKey): void {
  const nest = writer.begin(id.IPVS_CMD_ATTR_DEST);
  writeKey(writer, key);
  writer.end(nest, 'IPVS_CMD_ATTR_DEST');
}

/** Appends the nest whole; without a tunnel the kernel's is reset to IPIP. @throws CodecError when a value does not fit */
export function encodeDestination(writer: AttributeWriter, destination: IpvsDestinationConfig): void {
  const nest = writer.begin(id.IPVS_CMD_ATTR_DEST);
  writeKey(writer, destination);
  const method = forwardings.indexOf(destination.forwarding);
  writer.u32(id.IPVS_DEST_ATTR_FWD_METHOD, method, 'IPVS_DEST_ATTR_FWD_METHOD');
  writer.i32(id.IPVS_DEST_ATTR_WEIGHT, destination.weight, 'IPVS_DEST_ATTR_WEIGHT');
  writer.u32(id.IPVS_DEST_ATTR_U_THRESH, destination.upperThreshold, 'IPVS_DEST_ATTR_U_THRESH');
  writer.u32(id.IPVS_DEST_ATTR_L_THRESH, destination.lowerThreshold, 'IPVS_DEST_ATTR_L_THRESH');
  if (destination.tunnel !== null) writeTunnel(writer, destination.tunnel);
  writer.end(nest, 'IPVS_CMD_ATTR_DEST');
}

function writeKey(writer: AttributeWriter, key: IpvsDestinationKey): void {
  const family = familyNumber(key.family);
  writer.u16(id.IPVS_DEST_ATTR_ADDR_FAMILY, family, 'IPVS_DEST_ATTR_ADDR_FAMILY');
  address.writeAddress(writer, id.IPVS_DEST_ATTR_ADDR, key.family, key.address);
  writer.u16BigEndian(id.IPVS_DEST_ATTR_PORT, key.port, 'IPVS_DEST_ATTR_PORT');
}

function writeTunnel(writer: AttributeWriter, tunnel: IpvsTunnel): void {
  writer.u8(id.IPVS_DEST_ATTR_TUN_TYPE, tunnelTypes.indexOf(tunnel.type), 'IPVS_DEST_ATTR_TUN_TYPE');
  writer.u16BigEndian(id.IPVS_DEST_ATTR_TUN_PORT, tunnel.port, 'IPVS_DEST_ATTR_TUN_PORT');
  writer.u16(id.IPVS_DEST_ATTR_TUN_FLAGS, checksumFlags(tunnel.checksum), 'IPVS_DEST_ATTR_TUN_FLAGS');
}

function checksumFlags(checksum: IpvsTunnel['checksum']): number {
  switch (checksum) {
    case 'none':
      return 0;
    case 'on':
      return id.IP_VS_TUNNEL_ENCAP_FLAG_CSUM;
    case 'remote':
      return id.IP_VS_TUNNEL_ENCAP_FLAG_REMCSUM;
  }
}

/**
 * Decodes a nest of the kernel's. Unknown attributes are passed over, of duplicates the last counts.
 *
 * @param serviceFamily the family where the kernel (before 3.18) does not tell it
 * @throws CodecError when a value is malformed, or an attribute is missing that every kernel sends
 */
export function decodeDestination(attributes: AttributeReader, serviceFamily: IpvsFamily): IpvsDestination {
  const nests: StatsNests = { stats: null, stats64: null };
  const entry = decodeEntry(attributes, serviceFamily, nests);
  const stats = decodeStats(address.required(nests.stats64 ?? nests.stats, 'IPVS_DEST_ATTR_STATS'));
  return { ...entry, stats };
}

/** As `decodeDestination`, without the statistics: they are not even looked at. @throws CodecError */
export function decodeDestinationEntry(
  attributes: AttributeReader,
  serviceFamily: IpvsFamily,
): IpvsDestinationEntry {
  return decodeEntry(attributes, serviceFamily, null);
}

interface StatsNests {
  stats: AttributeReader | null;
  stats64: AttributeReader | null;
}

/** What every kernel sends, by number. */
const requiredNames: readonly (readonly [number, string])[] = [
  [id.IPVS_DEST_ATTR_ADDR, 'IPVS_DEST_ATTR_ADDR'],
  [id.IPVS_DEST_ATTR_PORT, 'IPVS_DEST_ATTR_PORT'],
  [id.IPVS_DEST_ATTR_FWD_METHOD, 'IPVS_DEST_ATTR_FWD_METHOD'],
  [id.IPVS_DEST_ATTR_WEIGHT, 'IPVS_DEST_ATTR_WEIGHT'],
  [id.IPVS_DEST_ATTR_U_THRESH, 'IPVS_DEST_ATTR_U_THRESH'],
  [id.IPVS_DEST_ATTR_L_THRESH, 'IPVS_DEST_ATTR_L_THRESH'],
  [id.IPVS_DEST_ATTR_ACTIVE_CONNS, 'IPVS_DEST_ATTR_ACTIVE_CONNS'],
  [id.IPVS_DEST_ATTR_INACT_CONNS, 'IPVS_DEST_ATTR_INACT_CONNS'],
  [id.IPVS_DEST_ATTR_PERSIST_CONNS, 'IPVS_DEST_ATTR_PERSIST_CONNS'],
];
const requiredBits = requiredNames.reduce((bits, [type]) => bits | (1 << type), 0);

/**
 * Values go into variables and from there into one object: a large table has tens of thousands of destinations.
 *
 * @param nests where the statistics are put, or null to leave them alone
 */
function decodeEntry(
  attributes: AttributeReader,
  serviceFamily: IpvsFamily,
  nests: StatsNests | null,
): IpvsDestinationEntry {
  /** A bit for each number that came. */
  let seen = 0;
  let family = serviceFamily;
  let addressStart = 0;
  let addressLength = 0;
  let port = 0;
  let method = 0;
  let weight = 0;
  let upperThreshold = 0;
  let lowerThreshold = 0;
  let activeConnections = 0;
  let inactiveConnections = 0;
  let persistentConnections = 0;
  let familyNumber = 0;
  let tunnelType = -1;
  let tunnelPort = 0;
  let tunnelFlags = 0;
  while (attributes.next()) {
    const { type } = attributes;
    switch (type) {
      case id.IPVS_DEST_ATTR_ADDR:
        addressLength = address.unionLength(attributes, 'IPVS_DEST_ATTR_ADDR');
        addressStart = attributes.start;
        break;
      case id.IPVS_DEST_ATTR_PORT:
        port = attributes.u16BigEndian('IPVS_DEST_ATTR_PORT');
        break;
      case id.IPVS_DEST_ATTR_FWD_METHOD:
        method = attributes.u32('IPVS_DEST_ATTR_FWD_METHOD');
        break;
      case id.IPVS_DEST_ATTR_WEIGHT:
        weight = attributes.i32('IPVS_DEST_ATTR_WEIGHT');
        break;
      case id.IPVS_DEST_ATTR_U_THRESH:
        upperThreshold = attributes.u32('IPVS_DEST_ATTR_U_THRESH');
        break;
      case id.IPVS_DEST_ATTR_L_THRESH:
        lowerThreshold = attributes.u32('IPVS_DEST_ATTR_L_THRESH');
        break;
      case id.IPVS_DEST_ATTR_ACTIVE_CONNS:
        activeConnections = attributes.u32('IPVS_DEST_ATTR_ACTIVE_CONNS');
        break;
      case id.IPVS_DEST_ATTR_INACT_CONNS:
        inactiveConnections = attributes.u32('IPVS_DEST_ATTR_INACT_CONNS');
        break;
      case id.IPVS_DEST_ATTR_PERSIST_CONNS:
        persistentConnections = attributes.u32('IPVS_DEST_ATTR_PERSIST_CONNS');
        break;
      case id.IPVS_DEST_ATTR_STATS:
        if (nests !== null) nests.stats = attributes.nested();
        break;
      case id.IPVS_DEST_ATTR_ADDR_FAMILY:
        familyNumber = attributes.u16('IPVS_DEST_ATTR_ADDR_FAMILY');
        break;
      case id.IPVS_DEST_ATTR_STATS64:
        if (nests !== null) nests.stats64 = attributes.nested();
        break;
      case id.IPVS_DEST_ATTR_TUN_TYPE:
        tunnelType = attributes.u8('IPVS_DEST_ATTR_TUN_TYPE');
        break;
      case id.IPVS_DEST_ATTR_TUN_PORT:
        tunnelPort = attributes.u16BigEndian('IPVS_DEST_ATTR_TUN_PORT');
        break;
      case id.IPVS_DEST_ATTR_TUN_FLAGS:
        tunnelFlags = attributes.u16('IPVS_DEST_ATTR_TUN_FLAGS');
        break;
      default:
        continue;
    }
    seen |= 1 << type;
  }
  if (familyNumber !== 0) family = address.decodeFamily(familyNumber, 'IPVS_DEST_ATTR_ADDR_FAMILY');
  if ((seen & requiredBits) !== requiredBits) refuseMissing(seen);
  return {
    family,
    address: address.formatUnion(attributes.source, addressStart, addressLength, family),
    port,
    forwarding: decodeForwarding(method),
    weight,
    upperThreshold,
    lowerThreshold,
    tunnel: tunnelType < 0 ? null : decodeTunnel(tunnelType, tunnelPort, tunnelFlags),
    activeConnections,
    inactiveConnections,
    persistentConnections,
  };
}

function refuseMissing(seen: number): void {
  for (const [type, name] of requiredNames) address.required((seen & (1 << type)) === 0 ? null : type, name);
}

/** The lower three bits are the method; the kernel's other flags share the field. */
function decodeForwarding(method: number): IpvsForwarding {
  const forwarding = forwardings[method & id.IP_VS_CONN_F_FWD_MASK];
  if (forwarding !== undefined) return forwarding;
  throw new CodecError({
    what: 'IPVS_DEST_ATTR_FWD_METHOD',
    offset: 0,
    expected: '0..4',
    got: `${method & id.IP_VS_CONN_F_FWD_MASK}`,
  });
}

function decodeTunnel(type: number, port: number, flags: number): IpvsTunnel {
  return { type: tunnelTypes[type] ?? 'unknown', port, checksum: decodeChecksum(flags) };
}

function decodeChecksum(flags: number): IpvsTunnel['checksum'] {
  if ((flags & id.IP_VS_TUNNEL_ENCAP_FLAG_REMCSUM) !== 0) return 'remote';
  return (flags & id.IP_VS_TUNNEL_ENCAP_FLAG_CSUM) !== 0 ? 'on' : 'none';
}
