/**
 * The SERVICE nest: what identifies a service, and all of it.
 *
 * @see net/netfilter/ipvs/ip_vs_ctl.c (ip_vs_genl_parse_service, ip_vs_genl_fill_service)
 */
import type { AttributeReader, AttributeWriter } from '../netlink/attribute.js';
import { CodecError } from '../netlink/errors.js';
import { Reader } from '../netlink/reader.js';
import { familyNumber } from '../inet/family.js';
import * as address from './address-attributes.js';
import * as id from './constants.js';
import { decodeStats } from './stats-codec.js';
import type { IpvsService, IpvsServiceConfig, IpvsServiceEntry, IpvsServiceKey } from './types.js';

const allFlags = 0xffffffff;
/** The kernel keeps ticks in 32 bits, up to 1,000 a second, and lets a longer time wrap. */
const maxTimeoutSec = 4_000_000;

/** Appends the nest with what identifies the service. @throws CodecError when a value does not fit */
export function encodeServiceKey(writer: AttributeWriter, key: IpvsServiceKey): void {
  const nest = writer.begin(id.IPVS_CMD_ATTR_SERVICE);
  writeKey(writer, key);
  writer.end(nest, 'IPVS_CMD_ATTR_SERVICE');
}

/**
 * Appends the nest whole. The flags replace all that were set before. IPv4 masks go in network order, IPv6 prefix lengths in
 * host order.
 *
 * @throws CodecError when a value does not fit
 */
export function encodeService(writer: AttributeWriter, service: IpvsServiceConfig): void {
  const nest = writer.begin(id.IPVS_CMD_ATTR_SERVICE);
  writeKey(writer, service);
  writer.string(id.IPVS_SVC_ATTR_SCHED_NAME, service.scheduler, 'IPVS_SVC_ATTR_SCHED_NAME');
  if (service.persistenceEngine !== null) {
    writer.string(id.IPVS_SVC_ATTR_PE_NAME, service.persistenceEngine, 'IPVS_SVC_ATTR_PE_NAME');
  }
  const flags = writer.begin(id.IPVS_SVC_ATTR_FLAGS);
  writer.writer.u32(service.flags, 'IPVS_SVC_ATTR_FLAGS');
  writer.writer.u32(allFlags, 'IPVS_SVC_ATTR_FLAGS mask');
  writer.end(flags, 'IPVS_SVC_ATTR_FLAGS');
  address.expectAtMost(service.timeoutSec, maxTimeoutSec, 'IPVS_SVC_ATTR_TIMEOUT');
  writer.u32(id.IPVS_SVC_ATTR_TIMEOUT, service.timeoutSec, 'IPVS_SVC_ATTR_TIMEOUT');
  if (service.family === 'ipv4') {
    writer.u32BigEndian(id.IPVS_SVC_ATTR_NETMASK, service.netmask, 'IPVS_SVC_ATTR_NETMASK');
  } else {
    writer.u32(id.IPVS_SVC_ATTR_NETMASK, service.netmask, 'IPVS_SVC_ATTR_NETMASK');
  }
  writer.end(nest, 'IPVS_CMD_ATTR_SERVICE');
}

function writeKey(writer: AttributeWriter, key: IpvsServiceKey): void {
  writer.u16(id.IPVS_SVC_ATTR_AF, familyNumber(key.family), 'IPVS_SVC_ATTR_AF');
  if ('fwmark' in key) {
    requireMark(key.fwmark);
    writer.u32(id.IPVS_SVC_ATTR_FWMARK, key.fwmark, 'IPVS_SVC_ATTR_FWMARK');
    return;
  }
  writer.u16(id.IPVS_SVC_ATTR_PROTOCOL, key.protocol, 'IPVS_SVC_ATTR_PROTOCOL');
  address.writeAddress(writer, id.IPVS_SVC_ATTR_ADDR, key.family, key.address);
  writer.u16BigEndian(id.IPVS_SVC_ATTR_PORT, key.port, 'IPVS_SVC_ATTR_PORT');
}

/** The kernel takes the mark 0 for none, and would act on the service of address 0 and port 0. */
function requireMark(fwmark: number): void {
  if (fwmark !== 0) return;
  throw new CodecError({ what: 'IPVS_SVC_ATTR_FWMARK', offset: 0, expected: '1..4294967295', got: '0' });
}

/**
 * Decodes a nest of the kernel's. Unknown attributes are passed over, of duplicates the last counts.
 *
 * @throws CodecError when a value is malformed, or an attribute is missing that every kernel sends
 */
export function decodeService(attributes: AttributeReader): IpvsService {
  const wire = readService(attributes);
  const stats = decodeStats(address.required(wire.stats64 ?? wire.stats, 'IPVS_SVC_ATTR_STATS'));
  return { ...entryOf(wire), stats };
}

/** As `decodeService`, without the statistics: they are not even looked at. @throws CodecError */
export function decodeServiceEntry(attributes: AttributeReader): IpvsServiceEntry {
  return entryOf(readService(attributes));
}

function entryOf(wire: WireService): IpvsServiceEntry {
  const family = address.decodeFamily(address.required(wire.family, 'IPVS_SVC_ATTR_AF'), 'IPVS_SVC_ATTR_AF');
  const netmask = new Reader(address.required(wire.netmask, 'IPVS_SVC_ATTR_NETMASK'));
  return {
    ...keyOf(wire, family),
    scheduler: address.required(wire.scheduler, 'IPVS_SVC_ATTR_SCHED_NAME'),
    flags: address.required(wire.flags, 'IPVS_SVC_ATTR_FLAGS'),
    timeoutSec: address.required(wire.timeoutSec, 'IPVS_SVC_ATTR_TIMEOUT'),
    netmask:
      family === 'ipv4'
        ? netmask.u32BigEndian(0, 'IPVS_SVC_ATTR_NETMASK')
        : netmask.u32(0, 'IPVS_SVC_ATTR_NETMASK'),
    persistenceEngine: wire.persistenceEngine,
  };
}

/** The attributes as they came, each where it was: what they mean depends on the family, which may come last. */
interface WireService {
  family: number | null;
  protocol: number | null;
  address: Uint8Array | null;
  port: number | null;
  fwmark: number | null;
  scheduler: string | null;
  flags: number | null;
  timeoutSec: number | null;
  netmask: Uint8Array | null;
  persistenceEngine: string | null;
  stats: AttributeReader | null;
  stats64: AttributeReader | null;
}

function emptyWireService(): WireService {
  return {
    family: null,
    protocol: null,
    address: null,
    port: null,
    fwmark: null,
    scheduler: null,
    flags: null,
    timeoutSec: null,
    netmask: null,
    persistenceEngine: null,
    stats: null,
    stats64: null,
  };
}

function readService(attributes: AttributeReader): WireService {
  const wire = emptyWireService();
  while (attributes.next()) {
    switch (attributes.type) {
      case id.IPVS_SVC_ATTR_AF:
        wire.family = attributes.u16('IPVS_SVC_ATTR_AF');
        break;
      case id.IPVS_SVC_ATTR_PROTOCOL:
        wire.protocol = attributes.u16('IPVS_SVC_ATTR_PROTOCOL');
        break;
      case id.IPVS_SVC_ATTR_ADDR:
        wire.address = address.readUnion(attributes, 'IPVS_SVC_ATTR_ADDR');
        break;
      case id.IPVS_SVC_ATTR_PORT:
        wire.port = attributes.u16BigEndian('IPVS_SVC_ATTR_PORT');
        break;
      case id.IPVS_SVC_ATTR_FWMARK:
        wire.fwmark = attributes.u32('IPVS_SVC_ATTR_FWMARK');
        break;
      case id.IPVS_SVC_ATTR_SCHED_NAME:
        wire.scheduler = attributes.string('IPVS_SVC_ATTR_SCHED_NAME');
        break;
      case id.IPVS_SVC_ATTR_FLAGS:
        wire.flags = new Reader(attributes.bytes('IPVS_SVC_ATTR_FLAGS', 8)).u32(0, 'IPVS_SVC_ATTR_FLAGS');
        break;
      case id.IPVS_SVC_ATTR_TIMEOUT:
        wire.timeoutSec = attributes.u32('IPVS_SVC_ATTR_TIMEOUT');
        break;
      case id.IPVS_SVC_ATTR_NETMASK:
        wire.netmask = attributes.bytes('IPVS_SVC_ATTR_NETMASK', 4);
        break;
      case id.IPVS_SVC_ATTR_PE_NAME:
        wire.persistenceEngine = attributes.string('IPVS_SVC_ATTR_PE_NAME');
        break;
      case id.IPVS_SVC_ATTR_STATS:
        wire.stats = attributes.nested();
        break;
      case id.IPVS_SVC_ATTR_STATS64:
        wire.stats64 = attributes.nested();
        break;
      default:
    }
  }
  return wire;
}

function keyOf(wire: WireService, family: 'ipv4' | 'ipv6'): IpvsServiceKey {
  if (wire.fwmark !== null) return { family, fwmark: wire.fwmark };
  return {
    family,
    protocol: address.required(wire.protocol, 'IPVS_SVC_ATTR_PROTOCOL'),
    address: address.formatUnion(address.required(wire.address, 'IPVS_SVC_ATTR_ADDR'), family),
    port: address.required(wire.port, 'IPVS_SVC_ATTR_PORT'),
  };
}
