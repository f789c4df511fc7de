/** From where an instance speaks, or what is in its way. */
import { parseIp } from '../base/ip.js';
import type { TrackedInterface, VrrpInstance } from '../model/vrrp-instance.js';
import type { InterfaceAddress, Link } from '../../native/rtnetlink/types.js';
import { chooseSource } from '../../native/vrrp/source.js';
import { addressFamily } from './advertisement-line.js';
import { carries, type Interfaces } from './interface-watch.js';

/** From which address and by which interface. */
export interface Standpoint {
  readonly index: number;
  readonly source: string;
}

/**
 * The standpoint, or what is in its way, for people.
 *
 * @param addresses those of all interfaces
 * @param moving canonical text of those that move: none of them is one to speak from
 */
export function findStandpoint(
  { interface: name, family, source }: VrrpInstance,
  interfaces: Interfaces,
  addresses: readonly InterfaceAddress[],
  moving: ReadonlySet<string>,
): Standpoint | string {
  const link = interfaces.link(name);
  const trouble = troubleOf(link, name);
  if (link === null || trouble !== null) return trouble ?? '';
  const own = source ?? chooseSource(addresses, link.index, addressFamily(family), moving);
  if (own !== null) return { index: link.index, source: parseIp(own)?.text ?? own };
  const kind = family === 4 ? 'IPv4' : 'link-local IPv6';
  const [only] = onlyMoving(addresses, link.index, family, moving);
  if (only === undefined) return `interface ${name} has no ${kind} address to advertise from`;
  return `interface ${name} has no ${kind} address to advertise from but ${only}, which moves: give this director one of its own there`;
}

/** Addresses of the family on an interface that has none but such as move: one of them may be the host's own. */
export function onlyMoving(
  addresses: readonly InterfaceAddress[],
  index: number,
  family: VrrpInstance['family'],
  moving: ReadonlySet<string>,
): readonly string[] {
  const own = addresses.filter((each) => each.index === index && each.family === addressFamily(family));
  const texts = own.map(({ address }) => address);
  return texts.every((text) => moving.has(text)) ? texts : [];
}

/** What is wrong with the interfaces that an instance depends on, beside its own. */
export function lookAtTracked(
  tracked: readonly TrackedInterface[],
  interfaces: Interfaces,
): { readonly faults: readonly string[]; readonly weight: number } {
  const troubles = tracked.flatMap(({ interface: name, weight }) => {
    const trouble = troubleOf(interfaces.link(name), name);
    return trouble === null ? [] : [{ trouble, weight }];
  });
  return {
    faults: troubles.flatMap(({ trouble, weight }) => (weight === null ? [trouble] : [])),
    weight: troubles.reduce((sum, { weight }) => sum + (weight ?? 0), 0),
  };
}

function troubleOf(link: Link | null, name: string): string | null {
  if (link === null) return `there is no interface ${name}`;
  return carries(link) ? null : `interface ${name} is ${link.up ? 'without carrier' : 'down'}`;
}
