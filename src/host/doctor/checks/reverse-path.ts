/** Reverse path filters on links by which clients come in, but not out again. The kernel itself is asked what it would do. */
import { RTN_LOCAL } from '../../../../native/rtnetlink/constants.js';
import type { Link } from '../../../../native/rtnetlink/types.js';
import {
  clientLink,
  defaultLink,
  FAR_CLIENT,
  isLocal,
  kernelServices,
  vipsOf,
  wayBack,
  type Vip,
} from '../../network.js';
import { cureOf } from '../../sysctls.js';
import { finding, here } from '../finding.js';
import type { DoctorCheck, HostView } from '../types.js';

const name = 'rp_filter';
export const STRICT = 1;

export const reversePath: DoctorCheck = {
  name,
  about: 'reverse path filters that drop packets of clients',
  ofServices: true,
  run: (host, model) => {
    const vips = vipsOf(model === null ? [] : kernelServices(model)).filter(({ family }) => family === 4);
    const found = new Map<Link, Link>();
    for (const vip of vips) {
      const link = clientLink(host.network, vip);
      if (link === null || found.has(link) || filterOf(host, link.name) === 0) continue;
      const way = isLocal(host.network, vip.address)
        ? filteredHere(host, vip, link)
        : filteredAfterwards(host, link);
      if (way !== null) found.set(link, way);
    }
    const dropped = droppedPackets(host);
    return [...found].map(([link, way]) => {
      const counted = dropped > 0 ? ` The kernel has dropped ${dropped} packets so far.` : '';
      const mode = filterOf(host, link.name) === STRICT ? 'strict' : 'on';
      return finding(name, dropped > 0 ? 'fault' : 'warning', {
        subject: link.name,
        what: `rp_filter is ${mode} on ${link.name}, but the way back to clients leaves by ${way.name}.${counted}`,
        why: `Packets of clients beyond the networks of ${link.name} are dropped before IPVS sees them, without a word.`,
        cures: here(...cures(host, link)),
      });
    });
  },
};

/**
 * An address of this host: what the kernel would do with a packet of a client beyond all networks that came in by the link. Clients
 * that are known tell nothing, for their packets have passed.
 */
function filteredHere({ network }: HostView, { address, family }: Vip, link: Link): Link | null {
  const way = wayBack(network, address, family);
  // without a way back such a client is lost, whatever the filter does
  if (way === null) return null;
  const packet = { destination: address, source: FAR_CLIENT[family], inputIndex: link.index };
  return network.routeTo(packet)?.type === RTN_LOCAL ? null : way;
}

/** An address that this host will have as the active director: the kernel cannot be asked yet, so it is the main table's say. */
function filteredAfterwards(host: HostView, link: Link): Link | null {
  if (filterOf(host, link.name) !== STRICT || hasRules(host)) return null;
  const way = defaultLink(host.network, 4);
  return way === link ? null : way;
}

/** Whether other rules than the kernel's own three choose the table of routes. */
function hasRules(host: HostView): boolean {
  const answer = host.runTool('ip', ['-4', 'rule', 'show']);
  const lines = (answer?.output ?? '').split('\n').filter((line) => line !== '');
  return lines.some((line) => !/^\d+:\s*from all lookup (local|main|default)\s*$/.test(line));
}

/** A device without an address passes no filter at all. */
function cures({ network }: HostView, { name: link, index }: Link): string[] {
  const loose = network.addresses.some((own) => own.index === index && own.family === 'ipv4');
  if (loose) return [cureOf(`net/ipv4/conf/${link}/rp_filter`, '2')];
  return ['all', link].map((one) => cureOf(`net/ipv4/conf/${one}/rp_filter`, '0'));
}

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
