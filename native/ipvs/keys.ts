/** How messages name services and servers, and the numbers of protocols. */
import { IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP } from './constants.js';
import type { IpvsDestinationKey, IpvsServiceKey } from './types.js';

const protocolNames: Readonly<Record<number, string>> = {
  [IPPROTO_TCP]: 'tcp',
  [IPPROTO_UDP]: 'udp',
  [IPPROTO_SCTP]: 'sctp',
};

/** `tcp:192.0.2.1:80`, `udp:[2001:db8::1]:53`, `fwmark:7`, `fwmark6:7`; another protocol by number. Never throws. */
export function formatServiceKey(key: IpvsServiceKey): string {
  if ('fwmark' in key) return `fwmark${key.family === 'ipv6' ? '6' : ''}:${key.fwmark}`;
  return `${protocolNames[key.protocol] ?? `protocol ${key.protocol}`}:${formatEndpoint(key)}`;
}

/** `10.0.0.3:80`, `[2001:db8::3]:80`. Never throws. */
export function formatDestinationKey(key: IpvsDestinationKey): string {
  return formatEndpoint(key);
}

function formatEndpoint(key: { family: string; address: string; port: number }): string {
  return key.family === 'ipv6' ? `[${key.address}]:${key.port}` : `${key.address}:${key.port}`;
}
