/** Who answers neighbours for the services' addresses: this host, another director, or a real server that should keep silent. */
import {
  clientLink,
  isInner,
  kernelServices,
  linkOf,
  ownAddress,
  subnetLink,
  vipsOf,
  type Vip,
} from '../../network.js';
import type { Link } from '../../../../native/rtnetlink/types.js';
import type { Model } from '../../../model/director.js';
import { cureOf } from '../../sysctls.js';
import { finding } from '../finding.js';
import { mostServers, mostVips, nameServices, serverPaths } from '../servers.js';
import type { Cure, DoctorCheck, Finding, HostView, Probes } from '../types.js';

const name = 'arp';

export const vipOwner: DoctorCheck = {
  name,
  about: 'hosts that answer neighbours (ARP, IPv6 solicitations) for an address of a service',
  ofServices: true,
  run: (host, model) => {
    if (model === null || host.probes === null) return [];
    const probes = host.probes;
    const byLink = new Map<Link, Vip[]>();
    const asked = vipsOf(kernelServices(model));
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
  if (others.length <= (holds(host, vip) ? 0 : 1) || isRouted(host, vip)) return [];
  const servers = serversAt(host, model, probes, link, others);
  const strangers = others.filter((one) => !servers.has(one));
  const asked = vip.family === 4 ? 'ARP' : 'neighbour solicitations';
  const what =
    others.length === 1
      ? `${nameOf(others[0] ?? '', servers)} answers ${asked} for ${vip.address} on ${link.name}, as this host does.`
      : `${others.length} hosts answer ${asked} for ${vip.address} on ${link.name}: ${others.map((one) => nameOf(one, servers)).join(', ')}.`;
  const why =
    `Clients take whoever answers last: their connections to the ${nameServices(vip.services)} go past the director, all to ` +
    'one host, or break in the middle.';
  const advice =
    strangers.length === 0
      ? 'Afterwards tell the neighbours that the address is here.'
      : `Find the host with ${strangers.join(' or ')} and take ${vip.address} off it, unless it is another director at work.`;
  const cures: Cure[] = [
    ...[...servers.values()].map((server) => ({ on: { server }, commands: silence(vip) })),
    { on: 'here', commands: announcement(host, vip, link) },
  ];
  return [
    finding(name, 'fault', {
      subject: vip.address,
      what,
      why,
      advice,
      cures: servers.size === 0 ? [] : cures,
    }),
  ];
}

/** An IPv6 address on loopback is never answered for, one on any other interface always. */
function silence({ address, family }: Vip): string[] {
  if (family === 4)
    return ['sysctl -w net.ipv4.conf.all.arp_ignore=1', 'sysctl -w net.ipv4.conf.all.arp_announce=2'];
  return [
    `ip address replace ${address}/128 dev lo`,
    `for link in $(ip -o -6 address show to ${address} | awk '$2 != "lo" { print $2 }'); do ip -6 address flush dev $link to ${address}; done`,
  ];
}

/** The kernel tells neighbours of an IPv6 address when it has found it free, if it is asked to. */
function announcement({ network }: HostView, { address, family }: Vip, link: Link): string[] {
  if (family === 4) return [`arping -U -c 3 -I ${link.name} ${address}`];
  const own = ownAddress(network, address);
  if (own?.index !== link.index) return [];
  const target = `${address}/${own.prefixLength} dev ${link.name}`;
  return [
    cureOf(`net/ipv6/conf/${link.name}/ndisc_notify`, '1'),
    `ip address delete ${target}`,
    `ip address add ${target} preferred_lft 0`,
  ];
}

/** On loopback and in no network of this host: a router sends its packets here, and nobody asks who has it. */
function isRouted({ network }: HostView, { address }: Vip): boolean {
  const carrier = linkOf(network, ownAddress(network, address)?.index);
  return carrier !== null && isInner(carrier) && subnetLink(network, address) === null;
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
  const near = serverPaths(host.network, model).filter((path) => path.onLink && path.link === link);
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
