/** NAT servers whose gateway stays behind when the address of their service moves to another director. */
import { IFF_NOARP, IFF_POINTOPOINT } from '../../../../native/rtnetlink/constants.js';
import type { InterfaceAddress, Link } from '../../../../native/rtnetlink/types.js';
import type { Model } from '../../../model/director.js';
import type { InstanceAddress, VrrpInstance } from '../../../model/vrrp-instance.js';
import { inSubnet, maskAddress } from '../../network.js';
import { finding, onServer, some } from '../finding.js';
import { nameServices, serverPaths, vipSet, vipsFor, type ServerPath } from '../servers.js';
import type { DoctorCheck, Finding, HostView } from '../types.js';
import { answersElsewhere } from './nat-answers.js';
import { lastHosts, networkOf, rewritesSource } from './nat-network.js';

const name = 'nat-gateway';

export const natGateway: DoctorCheck = {
  name,
  about: 'gateways of NAT servers that do not move with the address of their service',
  ofServices: true,
  run: (host, model) => {
    const instances = model?.ha?.instances ?? [];
    if (model === null || instances.length === 0 || rewritesSource(host)) return [];
    const stranded = serverPaths(host.network, model).flatMap((path) => strandedOf(host, path, instances));
    // who is no gateway of theirs at all is told so by the check of servers
    const elsewhere = answersElsewhere(host, stranded);
    const alike = new Map<string, Stranded[]>();
    for (const one of stranded) {
      if (elsewhere.has(one.path)) continue;
      const key = `${one.mover.name} ${one.link.index} ${one.subnet.address}`;
      alike.set(key, [...(alike.get(key) ?? []), one]);
    }
    return [...alike.values()].map((group) => staysBehind(host, model, group));
  },
};

/** A server that answers by an address which the instance with its service's address leaves behind. */
interface Stranded {
  readonly path: ServerPath;
  readonly link: Link;
  /** This host's address in the network of the server, or of the router to it. */
  readonly subnet: InterfaceAddress;
  readonly vip: string;
  readonly mover: VrrpInstance;
  /** Another instance with an address there, which moves by itself; null = there is none. */
  readonly stranger: VrrpInstance | null;
}

function strandedOf(host: HostView, path: ServerPath, instances: readonly VrrpInstance[]): Stranded[] {
  const { forwarding, link, family, nextHop } = path;
  if (forwarding !== 'nat' || link === null) return [];
  // what is at the other end of such a link sends everything here, whatever the addresses
  if ((link.flags & (IFF_POINTOPOINT | IFF_NOARP)) !== 0) return [];
  const moving = new Set(instances.flatMap(({ addresses }) => addresses.map(({ address }) => address)));
  const subnet = host.network.addresses.find(
    (own) =>
      own.index === link.index &&
      !moving.has(own.address) &&
      inSubnet(nextHop, own.address, own.prefixLength),
  );
  if (subnet === undefined) return [];
  const near = instances.filter(({ addresses }) =>
    addresses.some((each) => canBeGateway(host, path, link, each)),
  );
  const found = new Map<VrrpInstance, Stranded>();
  for (const vip of vipsFor(path, family)) {
    const mover = instances.find(({ addresses }) => addresses.some(({ address }) => address === vip));
    if (mover === undefined || found.has(mover) || near.some((one) => movesWith(one, mover))) continue;
    found.set(mover, { path, link, subnet, vip, mover, stranger: near[0] ?? null });
  }
  return [...found.values()];
}

function movesWith(one: VrrpInstance, other: VrrpInstance): boolean {
  return one === other || (one.group !== null && one.group === other.group);
}

/** Whether who sends to this host, the server or a router, could send there: it needs an address in a network of its own. */
function canBeGateway(
  { network }: HostView,
  { nextHop }: ServerPath,
  link: Link,
  { address, prefixLength, interface: device }: InstanceAddress,
): boolean {
  if (address.includes(':') !== nextHop.includes(':')) return false;
  if (inSubnet(nextHop, address, prefixLength)) return true;
  if (device !== link.name) return false;
  if (isLinkLocal(address) || isLinkLocal(nextHop)) return true;
  return network.addresses.some(
    (own) =>
      own.index === link.index &&
      inSubnet(nextHop, own.address, own.prefixLength) &&
      inSubnet(address, own.address, own.prefixLength),
  );
}

function isLinkLocal(address: string): boolean {
  return /^fe[89ab]/.test(address);
}

function staysBehind(host: HostView, model: Model, group: readonly Stranded[]): Finding {
  const [first] = group;
  if (first === undefined) throw new Error('no server');
  const { mover, stranger, vip, subnet } = first;
  const servers = group.map(({ path }) => path.address);
  const services = [...new Set(group.flatMap(({ path }) => path.services))].filter(
    ({ address: own }) =>
      own.kind !== 'address' || mover.addresses.some(({ address }) => address === own.address),
  );
  const reason =
    stranger === null
      ? `the instance ${mover.name} has no address in ${networkOf(subnet)}`
      : `the instance ${stranger.name} moves by itself`;
  return finding(name, 'warning', {
    subject: `instance ${mover.name}`,
    what: `The gateway of the NAT ${servers.length === 1 ? 'server' : 'servers'} ${some(servers)} does not move with ${vip}: ${reason}.`,
    why:
      `After a takeover the answers for clients of the ${nameServices(services)} still go to the director that was active ` +
      `before, by an address that it keeps (${subnet.address} here), and are lost: only the active one can translate them back.`,
    ...(stranger === null ? ownGateway(host, model, group, first) : oneGroup(first, stranger)),
  });
}

type Remedy = Pick<Finding, 'advice' | 'cures'>;

function ownGateway(host: HostView, model: Model, group: readonly Stranded[], first: Stranded): Remedy {
  const { mover, link, subnet } = first;
  const gateway = freeAddress(host, model, first);
  const line = `{ address: ${gateway ?? 'ADDRESS'}/${subnet.prefixLength}, interface: ${link.name} }`;
  const routers = new Set(group.flatMap(({ path }) => (path.onLink ? [] : [path.nextHop])));
  const whose = routers.size === 0 ? 'the default gateway of the servers' : 'the way of answers to clients';
  const where = routers.size === 0 ? '' : ` on ${some([...routers])}`;
  const cures = group.flatMap(({ path }) =>
    path.onLink && gateway !== null ? onServer(path.address, `ip route replace default via ${gateway}`) : [],
  );
  const choice = gateway === null ? ', with an address that nobody has' : '';
  return {
    advice: `Add to addresses: of the instance ${mover.name}, on every director${choice}: ${line}. When lvsd has it, make it ${whose}${where}.`,
    cures,
  };
}

function oneGroup({ mover }: Stranded, stranger: VrrpInstance): Remedy {
  const group = mover.group ?? stranger.group ?? 'gates';
  const members = [mover, stranger].filter((one) => one.group !== group).map((one) => one.name);
  return {
    advice: `Add to the ${members.length === 1 ? 'instance' : 'instances'} ${some(members)}, on every director: group: ${group}`,
    cures: [],
  };
}

/** An address of the servers' network that nobody is known to have; null where there is none to propose. */
function freeAddress({ network, probes }: HostView, model: Model, { link, subnet }: Stranded): string | null {
  const first = maskAddress(subnet.address, subnet.prefixLength);
  const taken = new Set([
    first,
    ...network.addresses.map(({ address }) => address),
    ...vipSet(model),
    ...(model.ha?.instances ?? []).flatMap(({ addresses }) => addresses.map(({ address }) => address)),
    ...model.services.flatMap(({ servers }) => servers.map(({ address }) => address)),
  ]);
  const free = (subnet.family === 'ipv4' ? lastHosts(subnet) : highHosts(first)).filter(
    (one) => inSubnet(one, subnet.address, subnet.prefixLength) && !taken.has(one),
  );
  const answers = probes?.whoHas(link, free);
  return free.find((one) => (answers?.get(one) ?? []).length === 0) ?? null;
}

/** Addresses far from the first ones of an IPv6 subnet. */
function highHosts(first: string): string[] {
  return first.endsWith('::') ? ['fffe', 'fffd', 'fffc', 'fffb'].map((last) => `${first}${last}`) : [];
}
