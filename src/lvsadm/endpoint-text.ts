/** How listings write services and servers. Pure but for the names it asks. */
import type { IpvsDestinationKey, IpvsFamily, IpvsServiceKey } from '../../native/ipvs/types.js';
import type { Names } from './names.js';
import { protocolByNumber } from './protocols.js';

/** Room of the stock tool for an address or name with its port. */
const longestEndpoint = 59;
/** Width of the column, to which names of IPv4 are cut in tables. */
export const endpointWidth = 28;

/** `TCP`, `UDP`, `SCTP`, another one by its number. Never throws. */
export function protocolName(protocol: number): string {
  return protocolByNumber(protocol)?.name.toUpperCase() ?? String(protocol);
}

/**
 * Writes `address:port`, or with names `host:service` where there are any; IPv6 in brackets, 59 characters at most.
 *
 * @param protocol for the name of the port; null: it has none
 * @param names null for numbers only. Never throws.
 */
export function formatEndpoint(
  endpoint: { readonly family: IpvsFamily; readonly address: string; readonly port: number },
  protocol: number | null,
  names: Names | null,
): string {
  const { family, address, port } = endpoint;
  const host = names?.hostName(address) ?? address;
  const service = names?.serviceName(port, protocol) ?? String(port);
  return (family === 'ipv6' ? `[${host}]:${service}` : `${host}:${service}`).slice(0, longestEndpoint);
}

/** The first column of a service: `TCP  192.0.2.1:80`, `FWM  7 IPv6`. Never throws. */
export function formatServiceColumn(key: IpvsServiceKey, names: Names | null): string {
  if ('fwmark' in key) return `FWM  ${key.fwmark | 0}${key.family === 'ipv6' ? ' IPv6' : ''}`;
  return `${protocolName(key.protocol).padEnd(4)} ${cut(formatEndpoint(key, key.protocol, names), key.family)}`;
}

/** The first column of a server behind its arrow, padded: `10.0.0.1:80                 `. Never throws. */
export function formatServerColumn(
  key: IpvsDestinationKey,
  service: IpvsServiceKey,
  names: Names | null,
): string {
  return cut(formatEndpoint(key, protocolOf(service), names), key.family).padEnd(endpointWidth);
}

/** By which the ports of a service and its servers have names: those of a firewall mark have none. Never throws. */
export function protocolOf(service: IpvsServiceKey): number | null {
  return 'fwmark' in service ? null : service.protocol;
}

function cut(text: string, family: IpvsFamily): string {
  return family === 'ipv4' ? text.slice(0, endpointWidth) : text;
}
