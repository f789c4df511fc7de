/** What the options read so far say: the values of one command line, each read the moment its option comes. */
import type { IpvsDaemonRole, IpvsFamily, IpvsForwarding } from '../../native/ipvs/types.js';
import { canonicalIpv6, parseEndpoint, parseIpv4OrHost } from './endpoint.js';
import type { Endpoint } from './endpoint.js';
import { parseLaxIpv4 } from './ipv4-text.js';
import type { Names } from './names.js';
import { parseLeadingInt, parseNumber } from './numbers.js';
import type { LongOption, OptionName } from './options.js';
import { protocolByOption } from './protocols.js';
import type { TunnelType } from './rules.js';
import { UsageError } from './usage-error.js';

const forwardings = { gatewaying: 'droute', ipip: 'tunnel', masquerading: 'masq' } as const;
const checksums = { 'tun-nocsum': 'none', 'tun-csum': 'on', 'tun-remcsum': 'remote' } as const;

const int32Max = 2 ** 31 - 1;
const uint32Max = 2 ** 32 - 1;
/** A month. */
export const longestTimeoutSec = 31 * 24 * 3600;
/** What `-p` alone means. */
const defaultPersistenceSec = 360;
const wholeIpv4Mask = 0xffffffff;
const wholeIpv6Prefix = 128;

/**
 * The order of options matters in places: a mask is read in the family of the service before it, a server without a port
 * takes the port of the service before it.
 */
export class Draft {
  /** Options that were there, each at most once. */
  readonly given = new Set<OptionName>();
  role: IpvsDaemonRole = 'master';

  family: IpvsFamily = 'ipv4';
  /** Null before a service is named. */
  protocol: number | null = null;
  address = '0.0.0.0';
  port = 0;
  /** 0: the service is none of a firewall mark. */
  fwmark = 0;

  scheduler: string | null = null;
  schedulerFlags = '';
  persistenceEngine: string | null = null;
  persistenceSec = 0;
  netmask = wholeIpv4Mask;

  server: { family: IpvsFamily; address: string; port: number } | null = null;
  forwarding: IpvsForwarding = 'droute';
  weight = 1;
  upperThreshold = 0;
  lowerThreshold = 0;
  tunnelType: TunnelType = 'ipip';
  tunnelPort = 0;
  tunnelChecksum: 'none' | 'on' | 'remote' = 'none';

  interface: string | null = null;
  syncId = 0;
  syncMaxLength: number | null = null;
  group: string | null = null;
  groupPort: number | null = null;
  ttl: number | null = null;

  readonly #names: Names;

  constructor(names: Names) {
    this.#names = names;
  }

  /**
   * Takes one option that is no command.
   *
   * @param value text behind it; null where it takes none or was left out
   * @throws UsageError; LookupNeeded
   */
  take(option: LongOption, value: string | null): void {
    const text = value ?? '';
    switch (option) {
      case 'tcp-service':
      case 'udp-service':
      case 'sctp-service':
        this.#once('service-address');
        this.#takeService(protocolByOption[option].number, text);
        return;
      case 'fwmark-service':
        this.#once('service-address');
        this.protocol = protocolByOption['tcp-service'].number;
        this.fwmark = readNumber(text, 1, uint32Max, `invalid fwmark value \`${text}' specified`);
        return;
      case 'ipv6':
        if (this.fwmark === 0) throw new UsageError('-6 used before -f\n');
        this.#takeIpv6();
        return;
      case 'scheduler':
        this.#once('scheduler');
        this.scheduler = text;
        return;
      case 'pe':
        this.#once('pe');
        this.persistenceEngine = text;
        return;
      case 'persistent':
        this.#once('persistent');
        this.persistenceSec = value === null ? defaultPersistenceSec : readTimeout(text, 1);
        return;
      case 'netmask':
        this.#once('netmask');
        this.netmask = this.#readNetmask(text);
        return;
      case 'real-server':
        this.#once('real-server');
        this.#takeServer(text);
        return;
      case 'gatewaying':
      case 'ipip':
      case 'masquerading':
        this.#once('forwarding-method');
        this.forwarding = forwardings[option];
        return;
      case 'weight':
        this.#once('weight');
        this.weight = readNumber(text, 0, int32Max, 'illegal weight specified');
        return;
      case 'u-threshold':
        this.#once('u-threshold');
        this.upperThreshold = readNumber(text, 0, int32Max, 'illegal u_threshold specified');
        return;
      case 'l-threshold':
        this.#once('l-threshold');
        this.lowerThreshold = readNumber(text, 0, int32Max, 'illegal l_threshold specified');
        return;
      case 'sched-flags':
        this.#once('sched-flags');
        this.schedulerFlags = text;
        return;
      case 'tun-type':
        this.#once('tun-type');
        this.tunnelType = readTunnelType(text);
        return;
      case 'tun-port':
        this.#once('tun-port');
        this.tunnelPort = readNumber(text, 1, 65535, 'illegal tunnel port specified');
        return;
      case 'tun-nocsum':
      case 'tun-csum':
      case 'tun-remcsum':
        this.#once(option);
        this.tunnelChecksum = checksums[option];
        return;
      case 'syncid':
        this.#once('syncid');
        this.syncId = readNumber(text, 0, 255, 'illegal syncid specified');
        return;
      case 'sync-maxlen':
        this.#once('sync-maxlen');
        this.syncMaxLength = readNumber(text, 1, 65535 - 20 - 8, 'illegal sync-maxlen specified');
        return;
      case 'mcast-interface':
        this.#once('mcast-interface');
        this.interface = text;
        return;
      case 'mcast-group':
        this.#once('mcast-group');
        this.group = readMulticastGroup(text);
        return;
      case 'mcast-port':
        this.#once('mcast-port');
        this.groupPort = readNumber(text, 1, 65535, 'illegal mcast-port specified');
        return;
      case 'mcast-ttl':
        this.#once('mcast-ttl');
        this.ttl = readNumber(text, 1, 255, 'illegal mcast-ttl specified');
        return;
      case 'sort':
        // was an option once; listings are sorted unless told otherwise
        return;
      default:
        this.#once(option as OptionName);
    }
  }

  #once(name: OptionName): void {
    if (this.given.has(name)) throw new UsageError(`multiple '${name}' options specified`);
    this.given.add(name);
  }

  #takeService(protocol: number, text: string): void {
    this.protocol = protocol;
    const endpoint = parseEndpoint(text, protocol, this.#names);
    if (endpoint === null) throw new UsageError('illegal virtual server address[:port] specified');
    this.address = endpoint.address;
    this.port = endpoint.port ?? 0;
    if (endpoint.family === 'ipv6') this.#takeIpv6();
  }

  #takeIpv6(): void {
    this.family = 'ipv6';
    this.netmask = wholeIpv6Prefix;
  }

  #takeServer(text: string): void {
    const endpoint: Endpoint | null = parseEndpoint(text, this.protocol, this.#names);
    if (endpoint === null) throw new UsageError('illegal real server address[:port] specified');
    const { family, address, port } = endpoint;
    this.server = { family, address, port: port ?? this.port };
  }

  #readNetmask(text: string): number {
    if (this.family === 'ipv6') {
      const length = parseLeadingInt(text);
      if (length < 1 || length > wholeIpv6Prefix) throw new UsageError('illegal ipv6 netmask specified');
      return length;
    }
    const address = parseIpv4OrHost(text, this.#names);
    const mask = address === null ? null : parseLaxIpv4(address);
    if (mask === null) throw new UsageError('illegal virtual server persistent mask specified');
    return mask;
  }
}

/** @throws UsageError `invalid timeout value` */
export function readTimeout(text: string, min: 0 | 1): number {
  return readNumber(text, min, longestTimeoutSec, `invalid timeout value \`${text}' specified`);
}

function readNumber(text: string, min: number, max: number, complaint: string): number {
  const value = parseNumber(text, min, max);
  if (value === null) throw new UsageError(complaint);
  return value;
}

function readTunnelType(text: string): TunnelType {
  if (text === 'ipip' || text === 'gue' || text === 'gre') return text;
  throw new UsageError('illegal tunnel type specified');
}

/** Strict writings only: no name and no old form of an IPv4 address. */
function readMulticastGroup(text: string): string {
  if (text.includes(':')) {
    const ipv6 = canonicalIpv6(text);
    if (ipv6?.startsWith('ff') === true && ipv6.indexOf(':') === 4) return ipv6;
    throw new UsageError(`invalid IPv6 mcast-group \`${text}'`);
  }
  const address = /^\d{1,3}(\.\d{1,3}){3}$/.test(text) && !/(^|\.)0\d/.test(text) ? parseLaxIpv4(text) : null;
  if (address !== null && address >>> 28 === 0b1110) return text;
  throw new UsageError(`invalid IPv4 mcast-group \`${text}'`);
}
