/** What a director that stops leaves in the kernel: nothing of its own, or all, said so that an operator can clear it. Pure. */
import { formatEndpoint } from '../base/ip.js';
import { plural } from '../base/plural.js';
import type { OwnedAddress } from '../controller/plan-addresses.js';
import type { ServiceAddress } from '../model/service-address.js';
import type { Model } from '../model/director.js';
import { hostPrefixLength } from '../model/vip-address.js';
import type { VirtualService } from '../model/virtual-service.js';

/** The model that takes out of the kernel what is lvsd's, and that alone, whatever else the file says. */
export function nothingLeft(model: Model): Model {
  return { ...model, services: [], director: { ...model.director, unmanaged: 'keep' } };
}

/** Services named one by one. */
const MOST_NAMED = 10;

const protocolOptions = { tcp: '-t', udp: '-u', sctp: '--sctp-service' } as const;

/**
 * One line each: that so many services go on without anybody watching them, then the command that removes each.
 *
 * @param services what is in the kernel's table; empty gives no lines of them
 * @param addresses what lvsd has added to interfaces
 */
export function leftBehind(
  services: readonly VirtualService[],
  addresses: readonly OwnedAddress[],
): string[] {
  return [...servicesLeft(services), ...addressesLeft(addresses)];
}

function servicesLeft(services: readonly VirtualService[]): string[] {
  if (services.length === 0) return [];
  const servers = services.reduce((sum, service) => sum + service.servers.length, 0);
  const named = services.slice(0, MOST_NAMED).map(({ name, address }) => {
    const option = serviceOption(address);
    return option === null ? `${name}: its mark is in lvsadm -L -n` : `${name}: lvsadm -D ${option}`;
  });
  const more = services.length - named.length;
  return [
    `on_stop: keep: the kernel goes on serving ${plural(services.length, 'service')} with up to ${plural(servers, 'server')}, ` +
      'and nobody checks them; the next lvsd takes them over. To clear them instead:',
    ...named.map((line) => `  ${line}`),
    ...(more > 0 ? [`  and ${more} more, listed by lvsadm -L -n`] : []),
  ];
}

function addressesLeft(addresses: readonly OwnedAddress[]): string[] {
  if (addresses.length === 0) return [];
  const named = addresses.slice(0, MOST_NAMED).map(({ vip, service }) => {
    const subject = `${vip.address}/${hostPrefixLength(vip.family)} dev ${vip.interface}`;
    return `  ${service.name}: ip address delete ${subject}`;
  });
  const more = addresses.length - named.length;
  return [
    `on_stop: keep: clients still come for ${addresses.length === 1 ? 'an address' : `${addresses.length} addresses`} of this host's. To send them elsewhere:`,
    ...named,
    ...(more > 0 ? [`  and ${more} more, listed by ip address`] : []),
  ];
}

/** null for a `match` service, whose mark is known to the plane alone. */
function serviceOption(address: ServiceAddress): string | null {
  switch (address.kind) {
    case 'address':
      return `${protocolOptions[address.protocol]} ${formatEndpoint(address.address, address.port)}`;
    case 'fwmark':
      return `-f ${address.mark}${address.family === 6 ? ' -6' : ''}`;
    case 'match':
      return null;
  }
}
