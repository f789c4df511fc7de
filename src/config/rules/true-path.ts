/** Checks that ask by way of the service's address: where there is such a way, and what would lead off it. */
import { asksByVip } from '../schema/checks/timing.js';
import type { CheckRule } from './rule.js';

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
      `${key}: vip needs a service with an address; one by ${address.kind} has none that a probe could ask`,
      `leave ${key} out`,
    );
    return;
  }
  if (address.protocol !== 'tcp')
    refuse(
      `${key}: vip connects by TCP, and clients of this service come by ${address.protocol.toUpperCase()}`,
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
