/** What a real server shall be, as asked on the command line and kept in the record. */
import { parseIp, type IpAddress } from '../../base/ip.js';
import { RealServerError } from './errors.js';

export type AddressFamily = 'ipv4' | 'ipv6';
export type TunnelType = 'ipip' | 'gue' | 'gre';

/** An address with its family, canonical text. */
export interface Address {
  readonly family: AddressFamily;
  readonly text: string;
}

/** How the director wraps packets. */
export interface Tunnel {
  readonly type: TunnelType;
  /** UDP port of GUE; null for the others. */
  readonly port: number | null;
  /** Family of the outer packet: that of the real server's own address. Null: the VIP's. */
  readonly over: AddressFamily | null;
}

export type RealServerRequest =
  | {
      readonly forwarding: 'dr';
      readonly vips: readonly Address[];
      /** `lo`, or a dummy interface. */
      readonly device: string;
      /** Where packets of the director come in, or null where nobody said. */
      readonly interface: string | null;
    }
  | {
      readonly forwarding: 'tun';
      readonly vips: readonly Address[];
      /** Null: the tunnel's own device. */
      readonly device: string | null;
      readonly tunnel: Tunnel;
    }
  | {
      readonly forwarding: 'nat';
      /** At most one a family. */
      readonly gateways: readonly Address[];
      /** Of the gateways; null: the kernel finds it. */
      readonly interface: string | null;
    };

/** As the options come; nothing of it is checked. */
export interface RealServerOptions {
  readonly forwarding?: string;
  readonly vip?: readonly string[];
  readonly gateway?: readonly string[];
  readonly tunnel?: string;
  readonly port?: number;
  readonly over?: string;
  readonly device?: string;
  readonly interface?: string;
}

/** The dummy interface that `--device dummy` means. */
export const DUMMY_DEVICE = 'lvsd-vip';

/** Port of GUE unless another is named; so does the kernel's own documentation. */
export const GUE_PORT = 6080;

/**
 * Gives the request that options stand for.
 *
 * @throws RealServerError `ERR_REALSERVER_REQUEST`
 */
export function parseRequest(options: RealServerOptions): RealServerRequest {
  switch (options.forwarding) {
    case 'dr':
      refuse(options, 'dr', ['tunnel', 'port', 'over', 'gateway']);
      return {
        forwarding: 'dr',
        vips: parseVips(options),
        device: parseDevice(options.device) ?? 'lo',
        interface: parseInterface(options.interface),
      };
    case 'tun':
      refuse(options, 'tun', ['gateway', 'interface']);
      return requireTunnel({
        forwarding: 'tun',
        vips: parseVips(options),
        device: parseDevice(options.device),
        tunnel: parseTunnel(options),
      });
    case 'nat':
      refuse(options, 'nat', ['tunnel', 'port', 'over', 'device']);
      parseAddresses('--vip', options.vip ?? []);
      return {
        forwarding: 'nat',
        gateways: parseGateways(options),
        interface: parseInterface(options.interface),
      };
    case undefined:
      throw wrong('say how the director forwards: --forwarding dr, tun or nat');
    default:
      throw wrong(`--forwarding ${options.forwarding} is none of dr, tun, nat`);
  }
}

/** The options that ask for this, each word for a shell. Never throws. */
export function formatOptions(request: RealServerRequest): string[] {
  const words = ['--forwarding', request.forwarding];
  if (request.forwarding === 'nat') {
    for (const { text } of request.gateways) words.push('--gateway', text);
  } else {
    for (const { text } of request.vips) words.push('--vip', text);
    if (request.device !== null && request.device !== 'lo') words.push('--device', request.device);
    else if (request.forwarding === 'tun' && request.device === 'lo') words.push('--device', 'lo');
  }
  if (request.forwarding === 'tun') {
    const { type, port, over } = request.tunnel;
    words.push('--tunnel', type);
    if (port !== null) words.push('--port', String(port));
    if (over !== null) words.push('--over', over);
  } else if (request.interface !== null) words.push('--interface', request.interface);
  return words;
}

function wrong(reason: string): RealServerError {
  return new RealServerError('ERR_REALSERVER_REQUEST', `realserver: ${reason}`);
}

type OptionName = Exclude<keyof RealServerOptions, 'forwarding' | 'vip'>;

function refuse(options: RealServerOptions, forwarding: string, names: readonly OptionName[]): void {
  const found = names.find((name) => options[name] !== undefined);
  if (found === undefined) return;
  throw wrong(`--${found} means nothing with --forwarding ${forwarding}; leave it out`);
}

function parseVips({ vip = [] }: RealServerOptions): Address[] {
  const addresses = parseAddresses('--vip', vip);
  if (addresses.length === 0) throw wrong('name the addresses of the service: --vip ADDRESS');
  return addresses;
}

function parseGateways({ gateway = [], interface: link }: RealServerOptions): Address[] {
  const gateways = parseAddresses('--gateway', gateway, link !== undefined);
  if (gateways.length === 0) {
    throw wrong(
      "name the director's address on this side, which answers must go back through: --gateway ADDRESS",
    );
  }
  const families = gateways.map(({ family }) => family);
  if (new Set(families).size < families.length) {
    throw wrong('--gateway: one address a family; of two directors, the one that they share (by VRRP)');
  }
  return gateways;
}

function parseAddresses(option: string, texts: readonly string[], linkLocal = false): Address[] {
  const words = texts.flatMap((text) => text.split(',')).map((text) => text.trim());
  const addresses = words.filter((word) => word !== '').map((word) => parseAddress(option, word, linkLocal));
  return addresses.filter(({ text }, index) => addresses.findIndex((other) => other.text === text) === index);
}

function parseAddress(option: string, word: string, linkLocal: boolean): Address {
  const [text = '', prefix, ...rest] = word.split('/');
  const ip = parseIp(text);
  if (ip === null || rest.length > 0) {
    const name = /^[a-z][a-z0-9.-]*$/i.test(word)
      ? ' (a name may have other addresses tomorrow; write the address itself)'
      : '';
    throw wrong(`${option} ${word}: expected an IPv4 or IPv6 address${name}`);
  }
  const bits = ip.family === 4 ? '32' : '128';
  if (prefix !== undefined && prefix !== bits) {
    throw wrong(`${option} ${word}: expected one address, ${text} or ${text}/${bits}, not a subnet`);
  }
  const reason = unusable(ip, linkLocal);
  if (reason !== null) throw wrong(`${option} ${word}: ${reason}`);
  return { family: ip.family === 4 ? 'ipv4' : 'ipv6', text: ip.text };
}

/** Why no client could reach a service there, or null. */
function unusable({ family, text }: IpAddress, linkLocal: boolean): string | null {
  if (family === 4) {
    const first = Number(text.split('.')[0]);
    if (first === 0) return 'no host has such an address';
    if (first === 127) return 'a loopback address is never on the network';
    if (first >= 224)
      return first < 240 ? 'a multicast address belongs to no host' : 'no host has such an address';
    return null;
  }
  if (text === '::') return 'no host has such an address';
  if (text === '::1') return 'a loopback address is never on the network';
  if (text.startsWith('ff')) return 'a multicast address belongs to no host';
  if (text.startsWith('::ffff:')) return 'write the IPv4 address itself';
  if (!linkLocal && /^fe[89ab]/.test(text))
    return 'a link-local address needs an interface: add --interface for a gateway';
  return null;
}

function parseTunnel({ tunnel = 'ipip', port, over }: RealServerOptions): Tunnel {
  if (tunnel !== 'ipip' && tunnel !== 'gue' && tunnel !== 'gre') {
    throw wrong(`--tunnel ${tunnel} is none of ipip, gue, gre`);
  }
  if (over !== undefined && over !== 'ipv4' && over !== 'ipv6')
    throw wrong(`--over ${over} is neither ipv4 nor ipv6`);
  if (port !== undefined && tunnel !== 'gue')
    throw wrong(`--port is for --tunnel gue; ${tunnel} has no ports`);
  if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65_536)) {
    throw wrong(`--port ${port}: expected 1 to 65535`);
  }
  return { type: tunnel, port: tunnel === 'gue' ? (port ?? GUE_PORT) : null, over: over ?? null };
}

/** IPv4 in IPv6: the kernel's own ip6tnl0 takes IPv6 alone. @see net/ipv6/ip6_tunnel.c (ip6_fb_tnl_dev_init, ipxip6_rcv) */
function requireTunnel(request: Extract<RealServerRequest, { forwarding: 'tun' }>): RealServerRequest {
  const { vips, tunnel } = request;
  const ipv4 = vips.find(({ family }) => family === 'ipv4');
  if (tunnel.over !== 'ipv6' || tunnel.type === 'gre' || ipv4 === undefined) return request;
  throw wrong(
    `--over ipv6: the kernel takes ${ipv4.text} out of IPv6 with --tunnel gre only; use that, or an IPv4 address of the real server`,
  );
}

function parseDevice(name: string | undefined): string | null {
  if (name === undefined) return null;
  return name === 'dummy' ? DUMMY_DEVICE : requireLinkName('--device', name);
}

function parseInterface(name: string | undefined): string | null {
  return name === undefined ? null : requireLinkName('--interface', name);
}

/** @see net/core/dev.c (dev_valid_name); no more than a shell takes unquoted, for the name goes into scripts */
function requireLinkName(option: string, name: string): string {
  // `all` and `default` are folders of settings, not interfaces
  if (/^[A-Za-z0-9_][\w.@-]{0,14}$/.test(name) && name !== 'all' && name !== 'default') return name;
  throw wrong(
    `${option} ${name}: expected the name of an interface, at most 15 letters, digits, and _ . @ -`,
  );
}
