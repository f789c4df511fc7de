/** Checks that ask by way of the service's address: where there is such a way, and what would lead off it. */
import { asksByVip } from '../schema/checks/timing.js';
import type { CheckRule } from './rule.js';
import { spokenBy } from './spoken-by.js';

export const truePath: CheckRule = ({ spot, address, planes, servers }, { check, at }, verdicts) => {
  if (!asksByVip(check)) return;
  const key = 'via' in check ? 'via' : 'path';
  const refuse = (message: string, hint?: string, below: readonly string[] = [key]): void =>
    verdicts.refuse(spot, [...at, ...below], {
      rule: 'true-path',
      message,
      ...(hint === undefined ? {} : { hint }),
    });
  if (planes.proxy) {
    const plane = planes.kernel
      ? 'dataplane: auto may choose the userspace plane'
      : 'this is the userspace plane';
    refuse(
      `${key}: vip works on the kernel plane alone, and ${plane}: there lvsd itself connects to the servers, and a plain check takes that very way`,
      `leave ${key} out`,
    );
    return;
  }
  if (address === null) return;
  if (address.kind !== 'address') {
    refuse(
      `${key}: vip needs a service with an address and a port; what clients of one by ${address.kind} address is for packet rules to say, and not known here`,
      `leave ${key} out, or write a service with one of its addresses`,
    );
    return;
  }
  const spoken = spokenBy(check);
  if (spoken !== null && spoken !== address.protocol)
    refuse(
      `${key}: vip asks as clients do: this check speaks ${spoken.toUpperCase()}, and clients of this service come by ${address.protocol.toUpperCase()}`,
    );
  const translated = servers.find(({ forwarding }) => forwarding === 'nat');
  if (address.protocol === 'udp' && translated !== undefined)
    refuse(
      `${key}: vip cannot ask the server ${translated.key} by UDP, as it is reached by NAT: the kernel remembers where a datagram went for minutes, and the next one from the same port would go to that server`,
      `leave ${key} out: by NAT a plain check takes nearly the same way`,
    );
  const port = 'port' in check ? check.port : undefined;
  if (port !== undefined && address.port !== 0)
    refuse(
      `${key}: vip asks the service's own port ${address.port}`,
      'leave port out, or write a second check without it',
      ['port'],
    );
  for (const name of ['source_interface', 'mark'] as const) {
    if (!(name in check) || (check as Readonly<Record<string, unknown>>)[name] === undefined) continue;
    refuse(
      `${name} would lead probes off the way to the service's address: with ${key}: vip they have lvsd's own mark`,
      `leave ${name} out; source may stay`,
      [name],
    );
  }
  const other = servers.find(({ config }) => config.address.family !== address.family);
  if (other !== undefined)
    refuse(
      `${key}: vip cannot ask the server ${other.key}, whose address is of the other family than the service's`,
      `leave ${key} out`,
    );
};
