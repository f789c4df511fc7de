/** Who answers ARP for the services' addresses: this host, another director, or a real server that should keep silent. */
import { clientLink, isInner, kernelServices, linkOf, ownAddress, vipsOf, type Vip } from '../../network.js';
import type { Link } from '../../../../native/rtnetlink/types.js';
import type { Model } from '../../../model/director.js';
import { finding } from '../finding.js';
import { mostServers, mostVips, nameServices, serverPaths } from '../servers.js';
import type { Cure, DoctorCheck, Finding, HostView, Probes } from '../types.js';

const name = 'arp';

export const vipOwner: DoctorCheck = {
  name,
  about: 'hosts that answer ARP for an address of a service',
  ofServices: true,
  run: (host, model) => {
    if (model === null || host.probes === null) return [];
    const probes = host.probes;
    const byLink = new Map<Link, Vip[]>();
    const asked = vipsOf(kernelServices(model)).filter(({ family }) => family === 4);
    for (const vip of asked.slice(0, mostVips)) {
      const link = clientLink(host.network, vip);
      if (link !== null) byLink.set(link, [...(byLink.get(link) ?? []), vip]);
    }
    return [...byLink].flatMap(([link, vips]) => {
      const answers = probes.whoHas(
        link,
        vips.map(({ address }) => address),
      );
      return vips.flatMap((vip) => judge(host, model, probes, link, vip, answers.get(vip.address) ?? []));
    });
  },
};

/** Where this director does not hold the address itself, one other that answers is the active director. */
function judge(
  host: HostView,
  model: Model,
  probes: Probes,
  link: Link,
  vip: Vip,
  others: readonly string[],
): Finding[] {
  if (others.length <= (holds(host, vip) ? 0 : 1)) return [];
  const servers = serversAt(host, model, probes, link, others);
  const strangers = others.filter((one) => !servers.has(one));
  const what =
    others.length === 1
      ? `${nameOf(others[0] ?? '', servers)} answers ARP for ${vip.address} on ${link.name}, as this host does.`
      : `${others.length} hosts answer ARP for ${vip.address} on ${link.name}: ${others.map((one) => nameOf(one, servers)).join(', ')}.`;
  const why =
    `Clients take whoever answers last: their connections to the ${nameServices(vip.services)} go past the director, all to ` +
    'one host, or break in the middle.';
  const advice =
    strangers.length === 0
      ? 'Afterwards tell the neighbours that the address is here.'
      : `Find the host with ${strangers.join(' or ')} and take ${vip.address} off it, unless it is another director at work.`;
  const silence: Cure[] = [...servers.values()].map((server) => ({
    on: { server },
    commands: ['sysctl -w net.ipv4.conf.all.arp_ignore=1', 'sysctl -w net.ipv4.conf.all.arp_announce=2'],
  }));
  const announce: Cure = { on: 'here', commands: [`arping -U -c 3 -I ${link.name} ${vip.address}`] };
  return [
    finding(name, 'fault', {
      subject: vip.address,
      what,
      why,
      advice,
      cures: silence.length === 0 ? [] : [...silence, announce],
    }),
  ];
}

function holds({ network }: HostView, { address }: Vip): boolean {
  const own = ownAddress(network, address);
  const link = linkOf(network, own?.index);
  return link !== null && !isInner(link);
}

/** Which of the hosts are real servers: hardware address to server address. */
function serversAt(
  host: HostView,
  model: Model,
  probes: Probes,
  link: Link,
  wanted: readonly string[],
): Map<string, string> {
  const near = serverPaths(host.network, model).filter(
    (path) => path.onLink && path.family === 4 && path.link === link,
  );
  const found = new Map<string, string>();
  const addresses = [...new Set(near.map(({ address }) => address))].slice(0, mostServers);
  for (const [address, hosts] of probes.whoHas(link, addresses)) {
    for (const hardware of hosts) if (wanted.includes(hardware)) found.set(hardware, address);
  }
  return found;
}

function nameOf(hardware: string, servers: ReadonlyMap<string, string>): string {
  const server = servers.get(hardware);
  return server === undefined ? `A host with ${hardware}` : `The server ${server} (${hardware})`;
}
