/**
 * The SERVICE nest: what identifies a service, and all of it.
 *
 * @see net/netfilter/ipvs/ip_vs_ctl.c (ip_vs_genl_parse_service, ip_vs_genl_fill_service)
 */
import type { AttributeReader, AttributeWriter } from '../netlink/attribute.js';
import { CodecError } from '../netlink/errors.js';
import { familyNumber } from '../inet/family.js';
import * as address from './address-attributes.js';
import * as id from './constants.js';
import { decodeStats } from './stats-codec.js';
import type {
  IpvsService,
  IpvsServiceConfig,
  IpvsServiceEntry,
  IpvsServiceKey,
  IpvsServiceSettings,
} from './types.js';

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
  const nests: StatsNests = { stats: null, stats64: null };
  const entry = decodeEntry(attributes, nests);
  const stats = decodeStats(address.required(nests.stats64 ?? nests.stats, 'IPVS_SVC_ATTR_STATS'));
  return { ...entry, stats };
}

/** As `decodeService`, without the statistics: they are not even looked at. @throws CodecError */
export function decodeServiceEntry(attributes: AttributeReader): IpvsServiceEntry {
  return decodeEntry(attributes, null);
}

interface StatsNests {
  stats: AttributeReader | null;
  stats64: AttributeReader | null;
}

/**
 * What the values mean depends on the family, which may come last: till then they stay in variables.
 *
 * @param nests where the statistics are put, or null to leave them alone
 */
function decodeEntry(attributes: AttributeReader, nests: StatsNests | null): IpvsServiceEntry {
  let af: number | null = null;
  let protocol: number | null = null;
  let addressStart: number | null = null;
  let addressLength = 0;
  let port: number | null = null;
  let fwmark: number | null = null;
  let scheduler: string | null = null;
  let flags: number | null = null;
  let timeoutSec: number | null = null;
  let mask: number | null = null;
  let prefixLength = 0;
  let persistenceEngine: string | null = null;
  while (attributes.next()) {
    switch (attributes.type) {
      case id.IPVS_SVC_ATTR_AF:
        af = attributes.u16('IPVS_SVC_ATTR_AF');
        break;
      case id.IPVS_SVC_ATTR_PROTOCOL:
        protocol = attributes.u16('IPVS_SVC_ATTR_PROTOCOL');
        break;
      case id.IPVS_SVC_ATTR_ADDR:
        addressLength = address.unionLength(attributes, 'IPVS_SVC_ATTR_ADDR');
        addressStart = attributes.start;
        break;
      case id.IPVS_SVC_ATTR_PORT:
        port = attributes.u16BigEndian('IPVS_SVC_ATTR_PORT');
        break;
      case id.IPVS_SVC_ATTR_FWMARK:
        fwmark = attributes.u32('IPVS_SVC_ATTR_FWMARK');
        break;
      case id.IPVS_SVC_ATTR_SCHED_NAME:
        scheduler = attributes.string('IPVS_SVC_ATTR_SCHED_NAME');
        break;
      case id.IPVS_SVC_ATTR_FLAGS:
        flags = attributes.firstU32(8, 'IPVS_SVC_ATTR_FLAGS');
        break;
      case id.IPVS_SVC_ATTR_TIMEOUT:
        timeoutSec = attributes.u32('IPVS_SVC_ATTR_TIMEOUT');
        break;
      case id.IPVS_SVC_ATTR_NETMASK:
        mask = attributes.u32BigEndian('IPVS_SVC_ATTR_NETMASK');
        prefixLength = attributes.u32('IPVS_SVC_ATTR_NETMASK');
        break;
      case id.IPVS_SVC_ATTR_PE_NAME:
        persistenceEngine = attributes.string('IPVS_SVC_ATTR_PE_NAME');
        break;
      case id.IPVS_SVC_ATTR_STATS:
        if (nests !== null) nests.stats = attributes.nested();
        break;
      case id.IPVS_SVC_ATTR_STATS64:
        if (nests !== null) nests.stats64 = attributes.nested();
        break;
      default:
    }
  }
  const family = address.decodeFamily(address.required(af, 'IPVS_SVC_ATTR_AF'), 'IPVS_SVC_ATTR_AF');
  const netmask = address.required(mask, 'IPVS_SVC_ATTR_NETMASK');
  const settings: IpvsServiceSettings = {
    scheduler: address.required(scheduler, 'IPVS_SVC_ATTR_SCHED_NAME'),
    flags: address.required(flags, 'IPVS_SVC_ATTR_FLAGS'),
    timeoutSec: address.required(timeoutSec, 'IPVS_SVC_ATTR_TIMEOUT'),
    netmask: family === 'ipv4' ? netmask : prefixLength,
    persistenceEngine,
  };
  if (fwmark !== null) return { family, fwmark, ...settings };
  const start = address.required(addressStart, 'IPVS_SVC_ATTR_ADDR');
  return {
    family,
    protocol: address.required(protocol, 'IPVS_SVC_ATTR_PROTOCOL'),
    address: address.formatUnion(attributes.source, start, addressLength, family),
    port: address.required(port, 'IPVS_SVC_ATTR_PORT'),
    ...settings,
  };
}
