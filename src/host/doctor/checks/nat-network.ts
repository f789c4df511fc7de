/** Networks in which answers of NAT servers would find a way to the client past the director. */
import { inSubnet, maskAddress, ownAddress } from '../../network.js';
import { finding, onServer } from '../finding.js';
import { nameServices, neighbourAddress, serverPaths, vipSet, type ServerPath } from '../servers.js';
import type { InterfaceAddress } from '../../../../native/rtnetlink/types.js';
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
    return nat.flatMap((path) => [...clientsBeside(host, path, vips), ...noInnerAddress(host, path, vips)]);
  },
};

/** The packet filter makes this host the source of everything: answers come back by themselves. */
export function rewritesSource(host: HostView): boolean {
  if (host.sysctls.read('net/ipv4/vs/conntrack') !== '1') return false;
  return host
    .firewall()
    .tables.some(({ chains }) => chains.some(({ rules }) => rules.some((rule) => rule.rewritesSource)));
}

/** The subnet in which a service's address lies is where its nearest clients are. */
function clientsBeside(host: HostView, path: ServerPath, vips: ReadonlySet<string>): Finding[] {
  const { address, link, onLink, services, family } = path;
  if (link === null || !onLink) return [];
  const subnet = sharedSubnet(host, path);
  const gateway = neighbourAddress(host.network, link, address, vips);
  if (subnet === null || gateway === null || returnsHere(host, path, subnet, vips)) return [];
  const network = networkOf(subnet);
  // of clients beyond a router the answers come back all the same
  const level = hasClientsIn(host, subnet) ? 'warning' : 'info';
  return [
    finding(name, level, {
      subject: `server ${address}`,
      what: `The NAT server ${address} is in ${network}, the network of the ${nameServices(services)} itself.`,
      why:
        'It answers clients of that network directly, not by way of this director: they get answers from an address that they ' +
        'never asked, and drop them.',
      advice: 'Or put the servers in a network of their own, or use DR.',
      cures: family === 4 ? onServer(address, ...halvesVia(subnet, gateway)) : [],
    }),
  ];
}

/** Whether the server sends answers to others of the subnet by way of this host: an echo request in the name of one tells. */
function returnsHere(
  host: HostView,
  { address, link, family }: ServerPath,
  subnet: InterfaceAddress,
  vips: ReadonlySet<string>,
): boolean {
  if (host.probes === null || family !== 4 || link === null) return false;
  const [hardwareDestination] = host.probes.whoHas(link, [address]).get(address) ?? [];
  const taken = new Set([...vips, address, ...host.network.addresses.map((own) => own.address)]);
  const source = lastHosts(subnet).find((one) => !taken.has(one));
  if (hardwareDestination === undefined || source === undefined) return false;
  const probe = { link, hardwareDestination, source, destination: address, tunnel: null };
  return host.probes.echo([probe])[0] ?? false;
}

/** Addresses from the end of an IPv4 subnet, where hosts are rare. */
function lastHosts({ address, prefixLength }: InterfaceAddress): string[] {
  const bytes = maskAddress(address, prefixLength).split('.').map(Number);
  const first = bytes.reduce((number, byte) => number * 256 + byte, 0);
  const last = first + 2 ** (32 - prefixLength) - 2;
  return [0, 1, 2, 3, 4, 5].map((back) => {
    const number = last - back;
    return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
  });
}

/** Whether IPVS has connections of clients of a subnet. Lines `<protocol> <client in hexadecimal> ...`. */
function hasClientsIn(host: HostView, { address, prefixLength }: InterfaceAddress): boolean {
  const lines = (host.readText('/proc/thread-self/net/ip_vs_conn') ?? '').split('\n');
  return lines.some((line) => {
    const [, hex = ''] = /^\w+\s+([0-9A-F]{8}) /.exec(line) ?? [];
    const client = [...Buffer.from(hex, 'hex')].join('.');
    return inSubnet(client, address, prefixLength);
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
function networkOf({ address, prefixLength }: InterfaceAddress): string {
  return `${maskAddress(address, prefixLength)}/${prefixLength}`;
}

function noInnerAddress(host: HostView, path: ServerPath, vips: ReadonlySet<string>): Finding[] {
  const { address, link, onLink, services } = path;
  if (link === null || !onLink || neighbourAddress(host.network, link, address, vips) !== null) return [];
  if (ownAddress(host.network, address) !== null) return [];
  return [
    finding(name, 'fault', {
      subject: `server ${address}`,
      what: `This host has no address on ${link.name} in the network of the NAT server ${address}.`,
      why: `The server needs this director as its gateway: its answers to clients of the ${nameServices(services)} must come back here.`,
      advice: `Add one: ip address add ADDRESS/PREFIX dev ${link.name}, and make it the server's default gateway.`,
    }),
  ];
}
