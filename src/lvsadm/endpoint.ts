/** Reads `host:port` as the stock tool does, oddities included. Pure but for the names it asks. */
import { formatAddress, parseAddress } from '../../native/inet/address.js';
import type { IpvsFamily } from '../../native/ipvs/types.js';
import { formatIpv4Number, parseLaxIpv4 } from './ipv4-text.js';
import type { Names } from './names.js';
import { isNumber, parseNumber } from './numbers.js';

export interface Endpoint {
  readonly family: IpvsFamily;
  /** Canonical text. */
  readonly address: string;
  /** Null where none was given. */
  readonly port: number | null;
}

/**
 * Reads an address or host name with or without a port: `192.0.2.1:80`, `web:http`, `[2001:db8::1]:80`, `2001:db8::1`.
 *
 * Brackets need a port behind them. An IPv4 address or name in brackets is taken, its port is not looked at. A host name is
 * an IPv4 address. A number alone is no address, for it is more likely a forgotten one.
 *
 * @param protocol IP protocol number by which names of ports are looked up; null: there is none, so they are unknown
 * @returns null for what is none of these
 * @throws LookupNeeded
 */
export function parseEndpoint(text: string, protocol: number | null, names: Names): Endpoint | null {
  if (text.startsWith('[')) return parseBracketed(text, protocol, names);
  const ipv6 = canonicalIpv6(text);
  if (ipv6 !== null) return { family: 'ipv6', address: ipv6, port: null };
  if (isNumber(text)) return null;
  const colon = text.lastIndexOf(':');
  if (colon < 0) return withIpv4(text, null, names);
  const port = parsePort(text.slice(colon + 1), protocol, names);
  return port === null ? null : withIpv4(text.slice(0, colon), port, names);
}

/** Reads an IPv4 address in any of its writings, or a host name. @returns null for neither. @throws LookupNeeded */
export function parseIpv4OrHost(text: string, names: Names): string | null {
  const address = parseLaxIpv4(text);
  if (address !== null) return formatIpv4Number(address);
  // no host has such a name, but a name server would be asked for it
  return /^[\d.]*$|[:\s[\]]/.test(text) ? null : names.address(text);
}

/** Canonical text of an IPv6 address, or null for anything else. Never throws. */
export function canonicalIpv6(text: string): string | null {
  // the shortest has two colons; most texts are IPv4 with a port
  if (text.indexOf(':') === text.lastIndexOf(':')) return null;
  const bytes = parseAddress(text);
  return bytes === null ? null : formatAddress(bytes, 0, 'ipv6');
}

function parseBracketed(text: string, protocol: number | null, names: Names): Endpoint | null {
  const close = text.indexOf(']');
  if (close < 0 || text.charAt(close + 1) !== ':') return null;
  const inside = text.slice(1, close);
  const ipv6 = canonicalIpv6(inside);
  if (ipv6 === null) return withIpv4(inside, null, names);
  const port = parsePort(text.slice(close + 2), protocol, names);
  return port === null ? null : { family: 'ipv6', address: ipv6, port };
}

function withIpv4(host: string, port: number | null, names: Names): Endpoint | null {
  const address = parseIpv4OrHost(host, names);
  return address === null ? null : { family: 'ipv4', address, port };
}

function parsePort(text: string, protocol: number | null, names: Names): number | null {
  if (isNumber(text)) return parseNumber(text, 0, 65535);
  return names.servicePort(text, protocol);
}
