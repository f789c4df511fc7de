/** What follows from a service's keys and is asked by rules and conversion alike. */
import type { Family } from '../base/ip.js';
import type { Protocol, ServiceAddress } from '../model/virtual-service.js';
import type { DirectorConfig } from './schema/director.js';
import type { MatchConfig, ServiceConfig } from './schema/service.js';

/** Planes that may come to serve a service; with `auto` both. */
export interface Planes {
  readonly kernel: boolean;
  readonly proxy: boolean;
}

/** With a director that could not be read, no plane is certain and no plane's limits are checked. */
export function planesOf(service: ServiceConfig, director: DirectorConfig | null): Planes {
  if (service.dataplane === 'proxy') return { kernel: false, proxy: true };
  const plane = director?.dataplane;
  return { kernel: plane === 'kernel' || plane === 'auto', proxy: plane === 'proxy' || plane === 'auto' };
}

/** The service's own protocol; a match whose entries agree decides it, too. Default tcp. */
export function protocolOf(service: ServiceConfig): Protocol {
  if (service.protocol !== undefined) return service.protocol;
  const [first, ...others] = service.match ?? [];
  const agreed = first?.protocol;
  return agreed !== undefined && others.every((rule) => rule.protocol === agreed) ? agreed : 'tcp';
}

function matchProtocol(service: ServiceConfig, rule: MatchConfig): Protocol {
  return rule.protocol ?? protocolOf(service);
}

/** Every protocol that packets of the service may have. */
export function protocolsOf(service: ServiceConfig): ReadonlySet<Protocol> {
  if (service.match === undefined) return new Set([protocolOf(service)]);
  return new Set(service.match.map((rule) => matchProtocol(service, rule)));
}

/** What clients address; null unless exactly one of address, fwmark and match is given. */
export function addressOf(service: ServiceConfig): ServiceAddress | null {
  const { address, fwmark, match } = service;
  if ([address, fwmark, match].filter((key) => key !== undefined).length !== 1) return null;
  const protocol = protocolOf(service);
  if (address !== undefined) {
    return { kind: 'address', family: address.family, address: address.text, port: address.port, protocol };
  }
  if (fwmark !== undefined)
    return { kind: 'fwmark', family: familyNumber(service.family), mark: fwmark, protocol };
  const rules = (match ?? []).map((rule) => ({
    family: rule.address.family,
    address: rule.address.text,
    protocol: matchProtocol(service, rule),
    firstPort: rule.ports.first,
    lastPort: rule.ports.last,
  }));
  return { kind: 'match', family: rules[0]?.family ?? 4, protocol, rules };
}

function familyNumber(family: ServiceConfig['family']): Family {
  return family === 'ipv6' ? 6 : 4;
}
