/** The real servers of the kernel's services, each way of reaching one once. */
import { RTN_LOCAL, RTN_UNICAST } from '../../../native/rtnetlink/constants.js';
import type { Link, Route } from '../../../native/rtnetlink/types.js';
import type { Family } from '../../base/ip.js';
import type { Model } from '../../model/director.js';
import type { ForwardingMethod, Tunnel } from '../../model/real-server.js';
import type { VirtualService } from '../../model/virtual-service.js';
import { inSubnet, kernelServices, linkOf, vipsOf, type HostNetwork } from '../network.js';

export interface ServerPath {
  readonly address: string;
  readonly family: Family;
  readonly forwarding: ForwardingMethod;
  readonly tunnel: Tunnel | null;
  readonly services: readonly VirtualService[];
  /** Null: there is no way. */
  readonly route: Route | null;
  /** By which packets leave; null without a way, and for this host itself. */
  readonly link: Link | null;
  /** Whose hardware address the frames carry: the server's own, or a router's. */
  readonly nextHop: string;
  readonly onLink: boolean;
  /** The server is this host. */
  readonly local: boolean;
}

/** Of a large configuration the first ones stand for all: a question to the network may take half a second for a hundred. */
export const mostServers = 500;
export const mostVips = 1000;

/** In the order of the file. */
export function serverPaths(network: HostNetwork, model: Model): ServerPath[] {
  const found = new Map<string, { path: ServerPath; services: VirtualService[] }>();
  for (const service of kernelServices(model)) {
    for (const { address, family, forwarding, tunnel } of service.servers) {
      const key = `${address} ${forwarding} ${tunnel?.type ?? ''} ${tunnel?.port ?? 0}`;
      const known = found.get(key);
      if (known !== undefined) {
        if (!known.services.includes(service)) known.services.push(service);
        continue;
      }
      const services = [service];
      found.set(key, {
        services,
        path: { ...way(network, address), address, family, forwarding, tunnel, services },
      });
    }
  }
  return [...found.values()].map(({ path }) => path);
}

function way(
  network: HostNetwork,
  address: string,
): Pick<ServerPath, 'route' | 'link' | 'nextHop' | 'onLink' | 'local'> {
  const route = network.routeTo({ destination: address });
  const hop = route?.nextHops[0];
  const gateway = hop?.gateway ?? null;
  return {
    route,
    link: route?.type === RTN_UNICAST ? linkOf(network, hop?.index) : null,
    nextHop: gateway ?? address,
    onLink: route?.type === RTN_UNICAST && gateway === null,
    local: route?.type === RTN_LOCAL,
  };
}

/** Addresses of one family of the services that a server serves; default IPv4. */
export function vipsFor({ services }: ServerPath, wanted: Family = 4): string[] {
  return vipsOf(services)
    .filter(({ family }) => family === wanted)
    .map(({ address }) => address);
}

/** This host's own address in the subnet of another on a link, no address of a service; null where there is none. */
export function neighbourAddress(
  network: HostNetwork,
  link: Link,
  address: string,
  vips: ReadonlySet<string>,
): string | null {
  const own = network.addresses.filter(({ index }) => index === link.index);
  const near = own.filter((one) => inSubnet(address, one.address, one.prefixLength));
  return (near.find((one) => !vips.has(one.address)) ?? near[0])?.address ?? null;
}

/**
 * This host's address for a server beside it to have as its gateway: of those on the link one that moves between directors, if it has
 * such a one now, for another would be left behind; else as `neighbourAddress`.
 */
export function gatewayFor(
  network: HostNetwork,
  model: Model,
  link: Link,
  server: string,
  vips: ReadonlySet<string>,
): string | null {
  const fixed = neighbourAddress(network, link, server, vips);
  const subnets = network.addresses.filter(
    (own) => own.index === link.index && inSubnet(server, own.address, own.prefixLength),
  );
  if (model.ha === null || subnets.length === 0) return fixed;
  const { instances } = model.ha;
  const moving = network.addresses.find(
    (own) =>
      own.index === link.index &&
      !vips.has(own.address) &&
      subnets.some(({ address, prefixLength }) => inSubnet(own.address, address, prefixLength)) &&
      instances.some(({ addresses }) => addresses.some(({ address }) => address === own.address)),
  );
  return moving?.address ?? fixed;
}

/** All addresses of the kernel's services. */
export function vipSet(model: Model): Set<string> {
  return new Set(vipsOf(kernelServices(model)).map(({ address }) => address));
}

/** `service shop`, `services shop and mail`. */
export function nameServices(services: readonly VirtualService[]): string {
  const names = services.slice(0, 3).map(({ name }) => name);
  const left = services.length - names.length;
  const list = left > 0 ? `${names.join(', ')} and ${left} more` : names.join(', ');
  return `${services.length === 1 ? 'service' : 'services'} ${list}`;
}
