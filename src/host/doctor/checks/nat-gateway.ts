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
    const moving = movingOf(instances);
    const stranded = serverPaths(host.network, model).flatMap((path) => strandedOf(host, path, moving));
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

/** What instances move, gathered once: servers may be thousands. */
interface Moving {
  readonly owners: ReadonlyMap<string, VrrpInstance>;
  /** Each network of an instance once. */
  readonly networks: readonly {
    readonly first: string;
    readonly prefixLength: number;
    readonly owner: VrrpInstance;
  }[];
  /** Instances with an address on a link that hosts of a subnet of it can reach. */
  readonly onLink: (link: Link, subnet: InterfaceAddress) => readonly VrrpInstance[];
}

function movingOf(instances: readonly VrrpInstance[]): Moving {
  const all = instances.flatMap((owner) => owner.addresses.map((each) => ({ owner, each })));
  const networks = new Map(
    all.map(({ owner, each: { address, prefixLength } }) => {
      const first = maskAddress(address, prefixLength);
      return [`${owner.name} ${first}/${prefixLength}`, { first, prefixLength, owner }] as const;
    }),
  );
  const known = new Map<InterfaceAddress, readonly VrrpInstance[]>();
  return {
    owners: new Map(all.map(({ owner, each }) => [each.address, owner])),
    networks: [...networks.values()],
    onLink: (link, subnet) => {
      const near =
        known.get(subnet) ??
        instances.filter(({ addresses }) =>
          addresses.some((each) => each.interface === link.name && isNear(each, subnet)),
        );
      known.set(subnet, near);
      return near;
    },
  };
}

/** A link-local address is near to every host of the link, and so is every address to a router that has but such a one. */
function isNear({ address }: InstanceAddress, subnet: InterfaceAddress): boolean {
  if (
    address.includes(':') &&
    subnet.family === 'ipv6' &&
    (isLinkLocal(address) || isLinkLocal(subnet.address))
  )
    return true;
  return inSubnet(address, subnet.address, subnet.prefixLength);
}

function isLinkLocal(address: string): boolean {
  return /^fe[89ab]/.test(address);
}

function strandedOf({ network }: HostView, path: ServerPath, moving: Moving): Stranded[] {
  const { forwarding, link, family, nextHop } = path;
  if (forwarding !== 'nat' || link === null) return [];
  // what is at the other end of such a link sends everything here, whatever the addresses
  if ((link.flags & (IFF_POINTOPOINT | IFF_NOARP)) !== 0) return [];
  const subnet = network.addresses.find(
    (own) =>
      own.index === link.index &&
      !moving.owners.has(own.address) &&
      inSubnet(nextHop, own.address, own.prefixLength),
  );
  if (subnet === undefined) return [];
  const near = new Set([
    ...moving.onLink(link, subnet),
    ...moving.networks
      .filter(({ first, prefixLength }) => inSubnet(nextHop, first, prefixLength))
      .map(({ owner }) => owner),
  ]);
  const [stranger = null] = near;
  const found = new Map<VrrpInstance, Stranded>();
  for (const vip of vipsFor(path, family)) {
    const mover = moving.owners.get(vip);
    if (mover === undefined || found.has(mover) || [...near].some((one) => movesWith(one, mover))) continue;
    found.set(mover, { path, link, subnet, vip, mover, stranger });
  }
  return [...found.values()];
}

function movesWith(one: VrrpInstance, other: VrrpInstance): boolean {
  return one === other || (one.group !== null && one.group === other.group);
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

/** Of more servers the advice alone says it. */
const MOST_COMMANDS = 10;

type Remedy = Pick<Finding, 'advice' | 'cures'>;

function ownGateway(host: HostView, model: Model, group: readonly Stranded[], first: Stranded): Remedy {
  const { mover, link, subnet } = first;
  const gateway = freeAddress(host, model, first);
  const line = `{ address: ${gateway ?? 'ADDRESS'}/${subnet.prefixLength}, interface: ${link.name} }`;
  const routers = new Set(group.flatMap(({ path }) => (path.onLink ? [] : [path.nextHop])));
  const whose = routers.size === 0 ? 'the default gateway of the servers' : 'the way of answers to clients';
  const where = routers.size === 0 ? '' : ` on ${some([...routers])}`;
  const near = group.length > MOST_COMMANDS ? [] : group.filter(({ path }) => path.onLink);
  const cures = near.flatMap(({ path }) =>
    gateway !== null ? onServer(path.address, `ip route replace default via ${gateway}`) : [],
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
