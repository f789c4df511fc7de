/** Interfaces that are down. */
import { IFF_LOOPBACK } from '../../../../native/rtnetlink/constants.js';
import type { Link } from '../../../../native/rtnetlink/types.js';
import type { Model } from '../../../model/director.js';
import { kernelServices, linkOf, ownAddress, vipsOf } from '../../network.js';
import { finding, here } from '../finding.js';
import { serverPaths } from '../servers.js';
import type { DoctorCheck, HostView } from '../types.js';

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
      ...used
        .filter(({ up }) => !up)
        .map((link) =>
          finding(name, 'fault', {
            subject: link.name,
            what: `The interface ${link.name} is down.`,
            why: 'It carries an address of a service.',
            cures: here(`ip link set dev ${link.name} up`),
          }),
        ),
      ...used
        .filter(({ up, carrier }) => up && carrier === false)
        .map((link) =>
          finding(name, 'fault', {
            subject: link.name,
            what: `The interface ${link.name} has no carrier.`,
            why: 'Nothing is sent or received by it: the cable, or the other end, is down.',
            advice: 'Plug it in, or switch the other end on.',
          }),
        ),
    ];
  },
};

function usedLinks({ network }: HostView, model: Model): Link[] {
  const carriers = vipsOf(kernelServices(model)).map(({ address }) =>
    linkOf(network, ownAddress(network, address)?.index),
  );
  const towards = serverPaths(network, model).map(({ link }) => link);
  const used = new Set([...carriers, ...towards]);
  return network.links.filter((link) => used.has(link) && (link.flags & IFF_LOOPBACK) === 0);
}
