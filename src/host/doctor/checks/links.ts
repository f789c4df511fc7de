/** Interfaces that are down. */
import { IFF_LOOPBACK } from '../../../../native/rtnetlink/constants.js';
import type { Link } from '../../../../native/rtnetlink/types.js';
import type { Model } from '../../../model/director.js';
import { kernelServices, linkOf, ownAddress, vipsOf, type HostNetwork } from '../../network.js';
import { finding, here } from '../finding.js';
import { serverPaths } from '../servers.js';
import type { DoctorCheck, Finding, HostView } from '../types.js';

const name = 'links';

export const links: DoctorCheck = {
  name,
  about: 'loopback, and the interfaces of services and servers',
  ofServices: false,
  run: (host, model) => {
    const loopback = host.network.links.filter(({ flags }) => (flags & IFF_LOOPBACK) !== 0);
    const used = model === null ? [] : usedLinks(host, model);
    return [
      ...loopback
        .filter(({ up }) => !up)
        .map((link) =>
          finding(name, 'fault', {
            subject: link.name,
            what: `The loopback interface ${link.name} is down.`,
            why: 'The kernel may refuse every real server, and programs of this host cannot talk to each other.',
            cures: here(`ip link set dev ${link.name} up`),
          }),
        ),
      ...used.flatMap((link) => idle(host.network, link)),
    ];
  },
};

/** A link that is down, or has no other end. What is below it comes first: a VLAN cannot be up on an interface that is down. */
function idle(network: HostNetwork, link: Link): Finding[] {
  if (link.up && link.carrier !== false) return [];
  const below = belowOf(network, link).filter(({ up }) => !up);
  const cures = [...below, ...(link.up ? [] : [link])].map(({ name: one }) => `ip link set dev ${one} up`);
  const why = below.map((one) => `${one.name} below it is down`).join(', ');
  if (!link.up)
    return [
      finding(name, 'fault', {
        subject: link.name,
        what: `The interface ${link.name} is down${why === '' ? '' : `: ${why}`}.`,
        why: 'It carries an address of a service, or is the way to servers.',
        cures: here(...cures),
      }),
    ];
  return [
    finding(name, 'fault', {
      subject: link.name,
      what: `The interface ${link.name} has no carrier${why === '' ? '' : `: ${why}`}.`,
      why: 'Nothing is sent or received by it: the cable, or the other end, is down.',
      ...(below.length === 0
        ? { advice: 'Plug it in, or switch the other end on.' }
        : { cures: here(...cures) }),
    }),
  ];
}

/** The interfaces that a link is on, the lowest first: what a VLAN is on, and the ports of a bond. */
export function belowOf({ links: all }: HostNetwork, link: Link): Link[] {
  const found: Link[] = [];
  let level = [link];
  // nothing is deeper, and a loop of a careless kernel ends
  for (let depth = 0; depth < 4 && level.length > 0; depth++) {
    level = level.flatMap((upper) =>
      all.filter(
        (one) =>
          !found.includes(one) &&
          ((upper.kind !== 'veth' && one.index === upper.lower) ||
            (one.master === upper.index && (upper.kind === 'bond' || upper.kind === 'team'))),
      ),
    );
    found.unshift(...level);
  }
  return found;
}

function usedLinks({ network }: HostView, model: Model): Link[] {
  const carriers = vipsOf(kernelServices(model)).map(({ address }) =>
    linkOf(network, ownAddress(network, address)?.index),
  );
  const towards = serverPaths(network, model).map(({ link }) => link);
  const used = new Set([...carriers, ...towards]);
  return network.links.filter((link) => used.has(link) && (link.flags & IFF_LOOPBACK) === 0);
}
