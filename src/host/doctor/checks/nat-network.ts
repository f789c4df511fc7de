/** Networks in which answers of NAT servers would find a way to the client past the director. */
import type { Model } from '../../../model/director.js';
import { inSubnet, maskAddress, ownAddress } from '../../network.js';
import { clientsOf } from '../clients.js';
import { finding, onServer } from '../finding.js';
import {
  gatewayFor,
  mostServers,
  nameServices,
  neighbourAddress,
  serverPaths,
  vipSet,
  type ServerPath,
} from '../servers.js';
import { IFF_NOARP, IFF_POINTOPOINT } from '../../../../native/rtnetlink/constants.js';
import type { InterfaceAddress, Link } from '../../../../native/rtnetlink/types.js';
import type { DoctorCheck, Finding, HostView } from '../types.js';

const name = 'nat-network';

export const natNetwork: DoctorCheck = {
  name,
  about: 'NAT servers that share a network with clients, or have no director in theirs',
  ofServices: true,
  run: (host, model) => {
    if (model === null) return [];
    const vips = vipSet(model);
    const nat = serverPaths(host.network, model).filter(
      ({ forwarding, local }) => forwarding === 'nat' && !local,
    );
    if (rewritesSource(host)) return [];
    return [
      ...clientsBeside(host, model, nat, vips),
      ...nat.flatMap((path) => noInnerAddress(host, path, vips)),
    ];
  },
};

/** The packet filter makes this host the source of everything: answers come back by themselves. */
export function rewritesSource(host: HostView): boolean {
  if (host.sysctls.read('net/ipv4/vs/conntrack') !== '1') return false;
  return host
    .firewall()
    .tables.some(({ chains }) => chains.some(({ rules }) => rules.some((rule) => rule.rewritesSource)));
}

/** A server in a subnet of a service's address, which is where its nearest clients are. */
interface Beside {
  readonly path: ServerPath;
  readonly link: Link;
  readonly subnet: InterfaceAddress;
  /** This host's address there. */
  readonly gateway: string;
}

function clientsBeside(
  host: HostView,
  model: Model,
  paths: readonly ServerPath[],
  vips: ReadonlySet<string>,
): Finding[] {
  const beside = paths.flatMap((path): Beside[] => {
    const { link, onLink, address } = path;
    if (link === null || !onLink) return [];
    const subnet = sharedSubnet(host, path);
    const gateway = gatewayFor(host.network, model, link, address, vips);
    return subnet === null || gateway === null ? [] : [{ path, link, subnet, gateway }];
  });
  if (beside.length === 0) return [];
  const returning = returnHere(host, beside, vips);
  const clients = clientsOf(host);
  return beside.filter(({ path }) => !returning.has(path)).map((one) => besideClients(one, clients));
}

function besideClients({ path, subnet, gateway }: Beside, clients: readonly string[]): Finding {
  const { address, services, family } = path;
  const network = networkOf(subnet);
  // of clients beyond a router the answers come back all the same
  const near = clients.some((client) => inSubnet(client, subnet.address, subnet.prefixLength));
  return finding(name, near ? 'warning' : 'info', {
    subject: `server ${address}`,
    what: `The NAT server ${address} is in ${network}, the network of the ${nameServices(services)} itself.`,
    why:
      'It answers clients of that network directly, not by way of this director: they get answers from an address that they ' +
      'never asked, and drop them.',
    advice: 'Or put the servers in a network of their own, or use DR.',
    cures: family === 4 ? onServer(address, ...halvesVia(subnet, gateway)) : [],
  });
}

/**
 * Which servers send answers to others of their subnet by way of this host: an echo request in the name of one tells. All are
 * asked at once, for the silent ones take their time.
 */
function returnHere(
  { probes, network }: HostView,
  beside: readonly Beside[],
  vips: ReadonlySet<string>,
): Set<ServerPath> {
  const own = network.addresses.map(({ address }) => address);
  const asked = beside.filter(({ path }) => path.family === 4).slice(0, mostServers);
  const links = [...new Set(asked.map(({ link }) => link))];
  if (probes === null) return new Set();
  const hardware = new Map(
    links.map((link) => {
      const addresses = asked.filter((one) => one.link === link).map(({ path }) => path.address);
      return [link, probes.whoHas(link, addresses)] as const;
    }),
  );
  const questions = asked.flatMap(({ path, link, subnet }) => {
    const [hardwareDestination] = hardware.get(link)?.get(path.address) ?? [];
    const taken = new Set([...vips, path.address, ...own]);
    const source = lastHosts(subnet).find((one) => !taken.has(one));
    if (hardwareDestination === undefined || source === undefined) return [];
    return [{ path, probe: { link, hardwareDestination, source, destination: path.address, tunnel: null } }];
  });
  const answers = probes.echo(questions.map(({ probe }) => probe));
  return new Set(questions.filter((_, index) => answers[index] === true).map(({ path }) => path));
}

/** Addresses from the end of an IPv4 subnet, where hosts are rare. Of a small one some lie outside. */
export function lastHosts({ address, prefixLength }: InterfaceAddress): string[] {
  const bytes = maskAddress(address, prefixLength).split('.').map(Number);
  const first = bytes.reduce((number, byte) => number * 256 + byte, 0);
  const last = first + 2 ** (32 - prefixLength) - 2;
  return [0, 1, 2, 3, 4, 5].map((back) => {
    const number = last - back;
    return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
  });
}

/** Of this host's subnets on the server's link, one that has server and service address in it. */
function sharedSubnet(
  { network }: HostView,
  { address, link, services }: ServerPath,
): InterfaceAddress | null {
  const targets = services.flatMap(({ address: own }) => (own.kind === 'address' ? [own.address] : []));
  const subnets = network.addresses.filter(
    (own) => own.index === link?.index && inSubnet(address, own.address, own.prefixLength),
  );
  return (
    subnets.find(
      (own) =>
        !targets.includes(own.address) &&
        targets.some((target) => inSubnet(target, own.address, own.prefixLength)),
    ) ?? null
  );
}

/**
 * Routes to the two halves of a subnet: more specific than the server's own route to the whole, which stays, for the gateway is
 * found by it.
 */
function halvesVia({ address, prefixLength }: InterfaceAddress, gateway: string): string[] {
  const first = maskAddress(address, prefixLength);
  const second = secondHalf(first, prefixLength);
  return [first, second].map((half) => `ip route add ${half}/${prefixLength + 1} via ${gateway}`);
}

/** The same address with the bit after the prefix set. IPv4. */
function secondHalf(address: string, prefixLength: number): string {
  const bytes = address.split('.').map(Number);
  const index = Math.floor(prefixLength / 8);
  return bytes.map((byte, at) => (at === index ? byte | (0x80 >> (prefixLength % 8)) : byte)).join('.');
}

/** `10.1.0.0/24`. */
export function networkOf({ address, prefixLength }: InterfaceAddress): string {
  return `${maskAddress(address, prefixLength)}/${prefixLength}`;
}

function noInnerAddress(host: HostView, path: ServerPath, vips: ReadonlySet<string>): Finding[] {
  const { address, link, onLink, services } = path;
  if (link === null || !onLink || neighbourAddress(host.network, link, address, vips) !== null) return [];
  if (ownAddress(host.network, address) !== null) return [];
  // At the end of such a link there is one host, which sends everything here, whatever the addresses.
  if ((link.flags & (IFF_POINTOPOINT | IFF_NOARP)) !== 0) return [];
  return [
    finding(name, 'fault', {
      subject: `server ${address}`,
      what: `This host has no address on ${link.name} in the network of the NAT server ${address}.`,
      why: `The server needs this director as its gateway: its answers to clients of the ${nameServices(services)} must come back here.`,
      advice: `Add one: ip address add ADDRESS/PREFIX dev ${link.name}, and make it the server's default gateway.`,
    }),
  ];
}
