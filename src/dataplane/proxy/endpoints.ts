/** Which sockets a service listens on, and which services this plane cannot serve. */
import { formatEndpoint, type Family } from '../../base/ip.js';
import type { TableService } from '../../model/desired-state.js';
import type { ServiceAddress } from '../../model/virtual-service.js';

/** One listening address and port. */
export interface Endpoint {
  /** `tcp:192.0.2.1:80`: equal for equal endpoints. */
  readonly key: string;
  readonly protocol: 'tcp' | 'udp';
  readonly family: Family;
  readonly address: string;
  readonly port: number;
}

/** Why the userspace plane cannot serve this service; null when it can. */
export function unsupportedReason({ address, settings }: TableService): string | null {
  if (address.protocol === 'sctp') return 'the userspace plane relays tcp and udp only';
  if (settings.persistence?.engine !== undefined)
    return `the userspace plane has no persistence engine ${settings.persistence.engine}`;
  if (settings.onePacket && address.protocol !== 'udp') return 'one_packet needs udp';
  switch (address.kind) {
    case 'fwmark':
      return 'the userspace plane sees no firewall marks; list the addresses under match';
    case 'address':
      return address.port === 0 ? 'the userspace plane cannot listen on every port (port 0)' : null;
    case 'match':
      return address.rules.some((rule) => rule.protocol === 'sctp')
        ? 'the userspace plane relays tcp and udp only'
        : null;
  }
}

/** Every endpoint of a supported service, each once, in the order of its rules. */
export function endpointsOf(address: ServiceAddress): ReadonlyMap<string, Endpoint> {
  const endpoints = new Map<string, Endpoint>();
  const add = (protocol: string, family: Family, host: string, port: number): void => {
    if (protocol !== 'tcp' && protocol !== 'udp') return;
    const key = `${protocol}:${formatEndpoint(host, port)}`;
    endpoints.set(key, { key, protocol, family, address: host, port });
  };
  if (address.kind === 'address') add(address.protocol, address.family, address.address, address.port);
  if (address.kind === 'match') {
    for (const rule of address.rules)
      for (let port = rule.firstPort; port <= rule.lastPort; port++)
        add(rule.protocol, rule.family, rule.address, port);
  }
  return endpoints;
}
