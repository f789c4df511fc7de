/** What clients address, as people read it. Pure. */
import { formatEndpoint } from '../base/ip.js';
import type { MatchRule, ServiceAddress } from './service-address.js';

/** `192.0.2.10:80`, `fwmark 7`, `192.0.2.20:5060-5070`; several rules separated by ", ". */
export function formatServiceAddress(address: ServiceAddress): string {
  switch (address.kind) {
    case 'address':
      return formatEndpoint(address.address, address.port);
    case 'fwmark':
      return `fwmark ${address.mark}`;
    case 'match':
      return address.rules.map(formatRule).join(', ');
  }
}

function formatRule({ address, firstPort, lastPort }: MatchRule): string {
  const first = formatEndpoint(address, firstPort);
  return lastPort === firstPort ? first : `${first}-${lastPort}`;
}
