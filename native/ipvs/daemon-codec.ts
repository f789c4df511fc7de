/**
 * The DAEMON nest, the timeouts and the answer to GET_INFO.
 *
 * @see net/netfilter/ipvs/ip_vs_ctl.c (ip_vs_genl_fill_daemon, ip_vs_genl_new_daemon, ip_vs_genl_get_cmd)
 */
import type { AttributeReader, AttributeWriter } from '../netlink/attribute.js';
import { CodecError } from '../netlink/errors.js';
import { addressBytes, encodeAddress, familyOf, formatAddress } from '../inet/address.js';
import { expectAtMost, required } from './address-attributes.js';
import * as id from './constants.js';
import type { IpvsDaemon, IpvsDaemonConfig, IpvsDaemonRole, IpvsInfo, IpvsTimeouts } from './types.js';

/** By number on the wire: 1 is master, 2 backup. */
const roles: readonly (IpvsDaemonRole | undefined)[] = [undefined, 'master', 'backup'];

/** Appends the nest to start a daemon; what is not set stays out, for the kernel's default. @throws CodecError when a value does not fit */
export function encodeDaemon(writer: AttributeWriter, daemon: IpvsDaemonConfig): void {
  const nest = writer.begin(id.IPVS_CMD_ATTR_DAEMON);
  writer.u32(id.IPVS_DAEMON_ATTR_STATE, roles.indexOf(daemon.role), 'IPVS_DAEMON_ATTR_STATE');
  writer.string(id.IPVS_DAEMON_ATTR_MCAST_IFN, daemon.interface, 'IPVS_DAEMON_ATTR_MCAST_IFN');
  // sync messages have one byte for it, and the kernel would cut a larger one
  expectAtMost(daemon.syncId, 0xff, 'IPVS_DAEMON_ATTR_SYNC_ID');
  writer.u32(id.IPVS_DAEMON_ATTR_SYNC_ID, daemon.syncId, 'IPVS_DAEMON_ATTR_SYNC_ID');
  if (daemon.maxLength !== undefined) {
    writer.u16(id.IPVS_DAEMON_ATTR_SYNC_MAXLEN, daemon.maxLength, 'IPVS_DAEMON_ATTR_SYNC_MAXLEN');
  }
  if (daemon.group !== undefined) writeGroup(writer, daemon.group);
  if (daemon.port !== undefined) {
    writer.u16(id.IPVS_DAEMON_ATTR_MCAST_PORT, daemon.port, 'IPVS_DAEMON_ATTR_MCAST_PORT');
  }
  if (daemon.ttl !== undefined) {
    writer.u8(id.IPVS_DAEMON_ATTR_MCAST_TTL, daemon.ttl, 'IPVS_DAEMON_ATTR_MCAST_TTL');
  }
  writer.end(nest, 'IPVS_CMD_ATTR_DAEMON');
}

/** Appends the nest that names a daemon to stop. Never throws. */
export function encodeDaemonRole(writer: AttributeWriter, role: IpvsDaemonRole): void {
  const nest = writer.begin(id.IPVS_CMD_ATTR_DAEMON);
  writer.u32(id.IPVS_DAEMON_ATTR_STATE, roles.indexOf(role), 'IPVS_DAEMON_ATTR_STATE');
  writer.end(nest, 'IPVS_CMD_ATTR_DAEMON');
}

function writeGroup(writer: AttributeWriter, group: string): void {
  const family = familyOf(group);
  if (family === null) {
    throw new CodecError({ what: 'multicast group', offset: 0, expected: 'an IP address', got: group });
  }
  const type = family === 'ipv4' ? id.IPVS_DAEMON_ATTR_MCAST_GROUP : id.IPVS_DAEMON_ATTR_MCAST_GROUP6;
  const offset = writer.reserve(type, addressBytes(family));
  encodeAddress(group, family, writer.writer.buffer, offset);
}

/** Decodes a nest of the kernel's. @throws CodecError when a value is malformed, or one that every kernel sends is missing */
export function decodeDaemon(attributes: AttributeReader): IpvsDaemon {
  let state: number | null = null;
  let interfaceName: string | null = null;
  let syncId: number | null = null;
  const optional: { maxLength?: number; group?: string; port?: number; ttl?: number } = {};
  while (attributes.next()) {
    switch (attributes.type) {
      case id.IPVS_DAEMON_ATTR_STATE:
        state = attributes.u32('IPVS_DAEMON_ATTR_STATE');
        break;
      case id.IPVS_DAEMON_ATTR_MCAST_IFN:
        interfaceName = attributes.string('IPVS_DAEMON_ATTR_MCAST_IFN');
        break;
      case id.IPVS_DAEMON_ATTR_SYNC_ID:
        syncId = attributes.u32('IPVS_DAEMON_ATTR_SYNC_ID');
        break;
      case id.IPVS_DAEMON_ATTR_SYNC_MAXLEN:
        optional.maxLength = attributes.u16('IPVS_DAEMON_ATTR_SYNC_MAXLEN');
        break;
      case id.IPVS_DAEMON_ATTR_MCAST_GROUP:
        optional.group = formatAddress(attributes.bytes('IPVS_DAEMON_ATTR_MCAST_GROUP', 4), 0, 'ipv4');
        break;
      case id.IPVS_DAEMON_ATTR_MCAST_GROUP6:
        optional.group = formatAddress(attributes.bytes('IPVS_DAEMON_ATTR_MCAST_GROUP6', 16), 0, 'ipv6');
        break;
      case id.IPVS_DAEMON_ATTR_MCAST_PORT:
        optional.port = attributes.u16('IPVS_DAEMON_ATTR_MCAST_PORT');
        break;
      case id.IPVS_DAEMON_ATTR_MCAST_TTL:
        optional.ttl = attributes.u8('IPVS_DAEMON_ATTR_MCAST_TTL');
        break;
      default:
    }
  }
  return {
    role: decodeRole(required(state, 'IPVS_DAEMON_ATTR_STATE')),
    interface: required(interfaceName, 'IPVS_DAEMON_ATTR_MCAST_IFN'),
    syncId: required(syncId, 'IPVS_DAEMON_ATTR_SYNC_ID'),
    ...optional,
  };
}

function decodeRole(state: number): IpvsDaemonRole {
  const role = roles[state];
  if (role !== undefined) return role;
  throw new CodecError({ what: 'IPVS_DAEMON_ATTR_STATE', offset: 0, expected: '1 or 2', got: `${state}` });
}

/** Appends the three timeouts at the top level. @throws CodecError when a value does not fit */
export function encodeTimeouts(writer: AttributeWriter, timeouts: IpvsTimeouts): void {
  writer.u32(id.IPVS_CMD_ATTR_TIMEOUT_TCP, timeouts.tcpSec, 'IPVS_CMD_ATTR_TIMEOUT_TCP');
  writer.u32(id.IPVS_CMD_ATTR_TIMEOUT_TCP_FIN, timeouts.tcpFinSec, 'IPVS_CMD_ATTR_TIMEOUT_TCP_FIN');
  writer.u32(id.IPVS_CMD_ATTR_TIMEOUT_UDP, timeouts.udpSec, 'IPVS_CMD_ATTR_TIMEOUT_UDP');
}

/** Decodes the answer to GET_CONFIG. A protocol that the kernel was built without has no timeout: 0. @throws CodecError */
export function decodeTimeouts(attributes: AttributeReader): IpvsTimeouts {
  const timeouts = { tcpSec: 0, tcpFinSec: 0, udpSec: 0 };
  while (attributes.next()) {
    switch (attributes.type) {
      case id.IPVS_CMD_ATTR_TIMEOUT_TCP:
        timeouts.tcpSec = attributes.u32('IPVS_CMD_ATTR_TIMEOUT_TCP');
        break;
      case id.IPVS_CMD_ATTR_TIMEOUT_TCP_FIN:
        timeouts.tcpFinSec = attributes.u32('IPVS_CMD_ATTR_TIMEOUT_TCP_FIN');
        break;
      case id.IPVS_CMD_ATTR_TIMEOUT_UDP:
        timeouts.udpSec = attributes.u32('IPVS_CMD_ATTR_TIMEOUT_UDP');
        break;
      default:
    }
  }
  return timeouts;
}

/** Decodes the answer to GET_INFO, whose ids are its own: 1 is the version, three bytes of it used. @throws CodecError */
export function decodeInfo(attributes: AttributeReader): IpvsInfo {
  let version: number | null = null;
  let size: number | null = null;
  while (attributes.next()) {
    if (attributes.type === id.IPVS_INFO_ATTR_VERSION) version = attributes.u32('IPVS_INFO_ATTR_VERSION');
    else if (attributes.type === id.IPVS_INFO_ATTR_CONN_TAB_SIZE) {
      size = attributes.u32('IPVS_INFO_ATTR_CONN_TAB_SIZE');
    }
  }
  const number = required(version, 'IPVS_INFO_ATTR_VERSION');
  return {
    version: `${(number >>> 16) & 0xff}.${(number >>> 8) & 0xff}.${number & 0xff}`,
    connectionTableSize: required(size, 'IPVS_INFO_ATTR_CONN_TAB_SIZE'),
  };
}
