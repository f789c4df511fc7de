/** Strict reverse path filters on links by which clients come in, but not out again. */
import { clientLink, defaultLink, kernelServices, vipsOf } from '../../network.js';
import { cureOf } from '../../sysctls.js';
import { finding, here } from '../finding.js';
import type { DoctorCheck, Finding, HostView } from '../types.js';

const name = 'rp_filter';
export const STRICT = 1;

export const reversePath: DoctorCheck = {
  name,
  about: 'reverse path filters that drop packets of clients',
  ofServices: true,
  run: (host, model) => {
    const { network } = host;
    const vips = vipsOf(model === null ? [] : kernelServices(model)).filter(({ family }) => family === 4);
    const links = new Set(vips.map((vip) => clientLink(network, vip)));
    const way = defaultLink(network, 4);
    const dropped = droppedPackets(host);
    const found: Finding[] = [];
    for (const link of links) {
      if (link === null || filterOf(host, link.name) !== STRICT || way === null || way === link) continue;
      const counted = dropped > 0 ? ` The kernel has dropped ${dropped} packets so far.` : '';
      found.push(
        finding(name, dropped > 0 ? 'fault' : 'warning', {
          subject: link.name,
          what: `rp_filter is strict on ${link.name}, but the default route leaves by ${way.name}.${counted}`,
          why: `Packets of clients beyond the networks of ${link.name} are dropped before IPVS sees them, without a word.`,
          cures: here(cureOf(`net/ipv4/conf/${link.name}/rp_filter`, '2')),
        }),
      );
    }
    return found;
  },
};

/** What is in force on a link: the kernel takes the larger of two. */
export function filterOf({ sysctls }: HostView, link: string): number {
  const values = ['all', link].map((one) => Number(sysctls.read(`net/ipv4/conf/${one}/rp_filter`) ?? 0));
  return Math.max(...values);
}

/** Of this namespace, since it was made. Names and values are in two lines that begin alike. */
function droppedPackets(host: HostView): number {
  const lines = (host.readText('/proc/thread-self/net/netstat') ?? '')
    .split('\n')
    .map((line) => line.split(' '));
  const [names, values] = lines.filter(([group]) => group === 'TcpExt:');
  const column = names?.indexOf('IPReversePathFilter') ?? -1;
  return column === -1 ? 0 : Number(values?.[column] ?? 0);
}
