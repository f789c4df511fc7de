/** Settings of services and servers in words, as listings and saved rules both write them. Pure. */
import { IP_VS_SVC_F_ONEPACKET, IP_VS_SVC_F_PERSISTENT } from '../../native/ipvs/constants.js';
import type { IpvsDestinationEntry, IpvsForwarding, IpvsServiceConfig } from '../../native/ipvs/types.js';
import { formatIpv4Number } from './ipv4-text.js';

/** Never throws. */
export function isPersistent(service: IpvsServiceConfig): boolean {
  return (service.flags & IP_VS_SVC_F_PERSISTENT) !== 0;
}

/** Never throws. */
export function isOnePacket(service: IpvsServiceConfig): boolean {
  return (service.flags & IP_VS_SVC_F_ONEPACKET) !== 0;
}

/** Which clients persistence takes together: `255.255.255.0`, `64`; null where each is on its own. Never throws. */
export function formatNetmask(service: IpvsServiceConfig): string | null {
  if (service.family === 'ipv6') return service.netmask === 128 ? null : String(service.netmask);
  return service.netmask === 0xffffffff ? null : formatIpv4Number(service.netmask);
}

const forwardingNames: Readonly<Record<IpvsForwarding, string>> = {
  masq: 'Masq',
  local: 'Local',
  tunnel: 'Tunnel',
  droute: 'Route',
  bypass: 'Bypass',
};

/** Never throws. */
export function forwardingName(forwarding: IpvsForwarding): string {
  return forwardingNames[forwarding];
}

const checksumMarks = { none: '-c', on: '+c', remote: 'r+c' } as const;

/** `ipip`, `gue:6080:+c`, `gre:-c`, and `n/a` where there is no tunnel. Never throws. */
export function tunnelInfo({ forwarding, tunnel }: IpvsDestinationEntry): string {
  if (forwarding !== 'tunnel') return 'n/a';
  if (tunnel === null || tunnel.type === 'ipip') return 'ipip';
  const port = tunnel.type === 'gue' ? `:${tunnel.port}` : '';
  return `${tunnel.type}${port}:${checksumMarks[tunnel.checksum]}`;
}
