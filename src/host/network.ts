/** This host's interfaces, addresses and routes at one moment, and what follows from them. */
import { formatAddress, parseAddress } from '../../native/inet/address.js';
import { listAddresses } from '../../native/rtnetlink/addresses.js';
import { IFF_LOOPBACK, RTN_LOCAL, RTN_UNICAST } from '../../native/rtnetlink/constants.js';
import { listLinks } from '../../native/rtnetlink/links.js';
import { openRtnetlink } from '../../native/rtnetlink/request.js';
import { lookupRoute } from '../../native/rtnetlink/route-lookup.js';
import { listRoutes } from '../../native/rtnetlink/routes.js';
import type { InterfaceAddress, Link, Route, RouteLookup } from '../../native/rtnetlink/types.js';
import type { Family } from '../base/ip.js';
import type { Model } from '../model/director.js';
import type { VirtualService } from '../model/virtual-service.js';

/** What the kernel says. A test gives its own. */
export interface HostNetwork {
  readonly links: readonly Link[];
  readonly addresses: readonly InterfaceAddress[];
  /** Of the main table. */
  readonly routes: readonly Route[];
  /** The way of a packet; null where there is none. */
  routeTo(lookup: RouteLookup): Route | null;
}

/**
 * Reads the network namespace of the calling thread and gives it to `use`, which may not keep it.
 *
 * @throws SyscallError, RtnetlinkError, CodecError
 */
export function withHostNetwork<Result>(use: (network: HostNetwork) => Result): Result {
  const network = openHostNetwork();
  try {
    return use(network);
  } finally {
    network.close();
  }
}

/** As `withHostNetwork`, for whoever asks in several turns of the loop. Answers about routes are kept until `close`. */
export function openHostNetwork(): HostNetwork & { close(): void } {
  const connection = openRtnetlink();
  const asked = new Map<string, Route | null>();
  try {
    return {
      links: listLinks(connection),
      addresses: listAddresses(connection),
      routes: listRoutes(connection),
      routeTo: (lookup) => {
        const key = JSON.stringify(lookup);
        const known = asked.get(key);
        if (known !== undefined) return known;
        const route = lookupRoute(connection, lookup);
        asked.set(key, route);
        return route;
      },
      close: () => connection.close(),
    };
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** Services whose packets the kernel's IPVS forwards. */
export function kernelServices(model: Model): VirtualService[] {
  return model.services.filter(({ plane }) => plane === 'kernel');
}

/** One address of services, with the services that have it. */
export interface Vip {
  readonly address: string;
  readonly family: Family;
  readonly services: readonly VirtualService[];
}

/** The addresses that clients send to, each once, in the order of the file. None of a firewall mark. */
export function vipsOf(services: readonly VirtualService[]): Vip[] {
  const found = new Map<string, { address: string; family: Family; services: VirtualService[] }>();
  for (const service of services) {
    for (const { address, family } of addressesOf(service)) {
      const vip = found.get(address) ?? { address, family, services: [] };
      if (!vip.services.includes(service)) vip.services.push(service);
      found.set(address, vip);
    }
  }
  return [...found.values()];
}

function addressesOf({ address }: VirtualService): { address: string; family: Family }[] {
  switch (address.kind) {
    case 'address':
      return [{ address: address.address, family: address.family }];
    case 'match':
      return address.rules.map(({ address: one, family }) => ({ address: one, family }));
    case 'fwmark':
      return [];
  }
}

/** Where an address of this host is; null when it is not of this host. */
export function ownAddress(network: HostNetwork, address: string): InterfaceAddress | null {
  return network.addresses.find((own) => own.address === address) ?? null;
}

/** Whether the kernel takes packets to an address as its own, by an address or a local route. */
export function isLocal(network: HostNetwork, address: string): boolean {
  return (
    ownAddress(network, address) !== null || network.routeTo({ destination: address })?.type === RTN_LOCAL
  );
}

export function linkOf(network: HostNetwork, index: number | null | undefined): Link | null {
  return network.links.find((link) => link.index === index) ?? null;
}

/** The link by which a packet leaves; null without a way out, and for an address of this host. */
export function linkTowards(network: HostNetwork, address: string): Link | null {
  const route = network.routeTo({ destination: address });
  return route?.type === RTN_UNICAST ? linkOf(network, route.nextHops[0]?.index) : null;
}

/** Links that have no other end: nothing comes in by them. */
export function isInner({ flags, kind }: Link): boolean {
  return (flags & IFF_LOOPBACK) !== 0 || kind === 'dummy';
}

/**
 * Hosts that are in no network of anybody's, of addresses kept for documentation: where a packet to one leaves, those to most
 * clients do. @see RFC 5737, RFC 3849
 */
export const FAR_CLIENT: Readonly<Record<Family, string>> = { 4: '198.51.100.1', 6: '2001:db8:ffff::1' };

/** The link by which answers of an address of this host leave for clients beyond its networks, rules of routing included. */
export function wayBack(network: HostNetwork, address: string, family: Family): Link | null {
  const route = network.routeTo({ destination: FAR_CLIENT[family], source: address });
  return route?.type === RTN_UNICAST ? linkOf(network, route.nextHops[0]?.index) : null;
}

/** The link of the first default route of a family, or null. */
export function defaultLink(network: HostNetwork, family: Family): Link | null {
  const wanted = family === 4 ? 'ipv4' : 'ipv6';
  const route = network.routes.find(
    (one) => one.family === wanted && one.prefixLength === 0 && one.type === RTN_UNICAST,
  );
  return linkOf(network, route?.nextHops[0]?.index);
}

/**
 * The link that clients of an address come in by: the one that carries it; else the service's `interface`; else, for an address
 * on loopback or on a dummy, the way to everybody.
 */
export function clientLink(network: HostNetwork, vip: Vip): Link | null {
  const own = ownAddress(network, vip.address);
  const carrier = own === null ? null : linkOf(network, own.index);
  if (carrier !== null && !isInner(carrier)) return carrier;
  const named = vip.services.map((service) => service.interface).find((name) => name !== null);
  const link = network.links.find(({ name }) => name === named) ?? null;
  if (link !== null && !isInner(link)) return link;
  return (
    subnetLink(network, vip.address) ??
    (own === null ? null : wayBack(network, vip.address, vip.family)) ??
    defaultLink(network, vip.family)
  );
}

/** The link in one of whose subnets an address lies, though it need not be of this host. */
export function subnetLink(network: HostNetwork, address: string): Link | null {
  const subnet = network.addresses.find(
    (own) =>
      own.address !== address &&
      inSubnet(address, own.address, own.prefixLength) &&
      !isInnerIndex(network, own.index),
  );
  return subnet === undefined ? null : linkOf(network, subnet.index);
}

function isInnerIndex(network: HostNetwork, index: number): boolean {
  const link = linkOf(network, index);
  return link === null || isInner(link);
}

/** Whether two addresses share their first bits. A full prefix is no subnet. */
export function inSubnet(address: string, other: string, prefixLength: number): boolean {
  // most addresses of a director are a service's, with a full prefix: they need not be read
  if (prefixLength >= (other.includes(':') ? 128 : 32)) return false;
  const [one, two] = [bitsOf(address), bitsOf(other)];
  if (one === null || two?.length !== one.length) return false;
  return one.slice(0, prefixLength) === two.slice(0, prefixLength);
}

function bitsOf(address: string): string | null {
  const bytes = parseAddress(address);
  return bytes === null ? null : [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
}

/** The first address of a subnet: without the bits past the prefix. */
export function maskAddress(address: string, prefixLength: number): string {
  const bytes = parseAddress(address);
  if (bytes === null) return address;
  const masked = bytes.map(
    (byte, index) => byte & (0xff << (8 - Math.min(8, Math.max(0, prefixLength - 8 * index)))),
  );
  return formatAddress(masked, 0, bytes.length === 4 ? 'ipv4' : 'ipv6');
}
