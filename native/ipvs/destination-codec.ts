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
  const wire = readDestination(attributes);
  const stats = decodeStats(address.required(wire.stats64 ?? wire.stats, 'IPVS_DEST_ATTR_STATS'));
  return { ...entryOf(wire, serviceFamily), stats };
}

/** As `decodeDestination`, without the statistics: they are not even looked at. @throws CodecError */
export function decodeDestinationEntry(
  attributes: AttributeReader,
  serviceFamily: IpvsFamily,
): IpvsDestinationEntry {
  return entryOf(readDestination(attributes), serviceFamily);
}

function entryOf(wire: WireDestination, serviceFamily: IpvsFamily): IpvsDestinationEntry {
  const family =
    wire.family === 0 ? serviceFamily : address.decodeFamily(wire.family, 'IPVS_DEST_ATTR_ADDR_FAMILY');
  return {
    family,
    address: address.formatUnion(address.required(wire.address, 'IPVS_DEST_ATTR_ADDR'), family),
    port: address.required(wire.port, 'IPVS_DEST_ATTR_PORT'),
    forwarding: decodeForwarding(address.required(wire.method, 'IPVS_DEST_ATTR_FWD_METHOD')),
    weight: address.required(wire.weight, 'IPVS_DEST_ATTR_WEIGHT'),
    upperThreshold: address.required(wire.upperThreshold, 'IPVS_DEST_ATTR_U_THRESH'),
    lowerThreshold: address.required(wire.lowerThreshold, 'IPVS_DEST_ATTR_L_THRESH'),
    tunnel:
      wire.tunnelType === null ? null : decodeTunnel(wire.tunnelType, wire.tunnelPort, wire.tunnelFlags),
    activeConnections: address.required(wire.activeConnections, 'IPVS_DEST_ATTR_ACTIVE_CONNS'),
    inactiveConnections: address.required(wire.inactiveConnections, 'IPVS_DEST_ATTR_INACT_CONNS'),
    persistentConnections: address.required(wire.persistentConnections, 'IPVS_DEST_ATTR_PERSIST_CONNS'),
  };
}

interface WireDestination {
  /** 0 is the service's. */
  family: number;
  address: Uint8Array | null;
  port: number | null;
  method: number | null;
  weight: number | null;
  upperThreshold: number | null;
  lowerThreshold: number | null;
  activeConnections: number | null;
  inactiveConnections: number | null;
  persistentConnections: number | null;
  tunnelType: number | null;
  tunnelPort: number;
  tunnelFlags: number;
  stats: AttributeReader | null;
  stats64: AttributeReader | null;
}

function emptyWireDestination(): WireDestination {
  return {
    family: 0,
    address: null,
    port: null,
    method: null,
    weight: null,
    upperThreshold: null,
    lowerThreshold: null,
    activeConnections: null,
    inactiveConnections: null,
    persistentConnections: null,
    tunnelType: null,
    tunnelPort: 0,
    tunnelFlags: 0,
    stats: null,
    stats64: null,
  };
}

function readDestination(attributes: AttributeReader): WireDestination {
  const wire = emptyWireDestination();
  while (attributes.next()) {
    switch (attributes.type) {
      case id.IPVS_DEST_ATTR_ADDR:
        wire.address = address.readUnion(attributes, 'IPVS_DEST_ATTR_ADDR');
        break;
      case id.IPVS_DEST_ATTR_PORT:
        wire.port = attributes.u16BigEndian('IPVS_DEST_ATTR_PORT');
        break;
      case id.IPVS_DEST_ATTR_FWD_METHOD:
        wire.method = attributes.u32('IPVS_DEST_ATTR_FWD_METHOD');
        break;
      case id.IPVS_DEST_ATTR_WEIGHT:
        wire.weight = attributes.i32('IPVS_DEST_ATTR_WEIGHT');
        break;
      case id.IPVS_DEST_ATTR_U_THRESH:
        wire.upperThreshold = attributes.u32('IPVS_DEST_ATTR_U_THRESH');
        break;
      case id.IPVS_DEST_ATTR_L_THRESH:
        wire.lowerThreshold = attributes.u32('IPVS_DEST_ATTR_L_THRESH');
        break;
      case id.IPVS_DEST_ATTR_ACTIVE_CONNS:
        wire.activeConnections = attributes.u32('IPVS_DEST_ATTR_ACTIVE_CONNS');
        break;
      case id.IPVS_DEST_ATTR_INACT_CONNS:
        wire.inactiveConnections = attributes.u32('IPVS_DEST_ATTR_INACT_CONNS');
        break;
      case id.IPVS_DEST_ATTR_PERSIST_CONNS:
        wire.persistentConnections = attributes.u32('IPVS_DEST_ATTR_PERSIST_CONNS');
        break;
      case id.IPVS_DEST_ATTR_ADDR_FAMILY:
        wire.family = attributes.u16('IPVS_DEST_ATTR_ADDR_FAMILY');
        break;
      case id.IPVS_DEST_ATTR_TUN_TYPE:
        wire.tunnelType = attributes.u8('IPVS_DEST_ATTR_TUN_TYPE');
        break;
      case id.IPVS_DEST_ATTR_TUN_PORT:
        wire.tunnelPort = attributes.u16BigEndian('IPVS_DEST_ATTR_TUN_PORT');
        break;
      case id.IPVS_DEST_ATTR_TUN_FLAGS:
        wire.tunnelFlags = attributes.u16('IPVS_DEST_ATTR_TUN_FLAGS');
        break;
      case id.IPVS_DEST_ATTR_STATS:
        wire.stats = attributes.nested();
        break;
      case id.IPVS_DEST_ATTR_STATS64:
        wire.stats64 = attributes.nested();
        break;
      default:
    }
  }
  return wire;
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
