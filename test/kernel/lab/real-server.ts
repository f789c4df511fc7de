/** What an administrator does by hand on a real server, for each forwarding method; the lab's own, not lvsd's. */
import type { IpVersion, Lab, LabDirector, LabHost } from './lab.js';
import { loadModules } from './lab.js';
import { addressLine } from './network.js';

/** NAT: answers go back through the director, which is the default gateway. */
export function routeThrough(
  server: LabHost,
  gateway: Readonly<Record<IpVersion, string>> | LabDirector,
): void {
  const address = 'inner' in gateway ? gateway.inner : gateway;
  server.namespace.ip(`route replace default via ${address[4]}`, `route replace default via ${address[6]}`);
}

/** DR: the VIP is the server's own, and it keeps silent about it. (IPv6 on loopback is never announced.) */
export function takeVipOnLoopback(lab: Lab, server: LabHost): void {
  beSilent(server);
  server.namespace.ip(addressLine(`${lab.vip[4]}/32`, 'lo'), addressLine(`${lab.vip[6]}/128`, 'lo'));
}

/** Answers ARP only for addresses of the interface that is asked, and never asks in the VIP's name. */
function beSilent({ namespace }: LabHost): void {
  namespace.setSysctl('ipv4/conf/all/arp_ignore', 1);
  namespace.setSysctl('ipv4/conf/all/arp_announce', 2);
}

/** How the director wraps: the type, and the IP version of the outer packet. */
export interface TunnelSetup {
  readonly type: 'ipip' | 'gue' | 'gre';
  readonly outer: IpVersion;
  /** UDP port of GUE. */
  readonly port?: number;
  /** GRE: the device takes only packets with a checksum, where others take only those without. */
  readonly checksum?: boolean;
}

/** Devices that take wrapped packets from anybody: the kernel makes one of each in every namespace. */
const fallbackLinks: Readonly<Record<TunnelSetup['type'], Readonly<Record<IpVersion, readonly string[]>>>> = {
  // sit0 unwraps IPv6 from IPv4
  ipip: { 4: ['tunl0', 'sit0'], 6: [] },
  // GUE is unwrapped by its UDP port; what is in it goes the way of the plain tunnels
  gue: { 4: ['tunl0', 'sit0'], 6: [] },
  gre: { 4: ['gre0'], 6: ['ip6gre0'] },
};

const modules: Readonly<Record<TunnelSetup['type'], Readonly<Record<IpVersion, readonly string[]>>>> = {
  ipip: { 4: ['ipip', 'sit'], 6: ['ip6_tunnel'] },
  gue: { 4: ['fou', 'ipip', 'sit'], 6: ['fou6', 'ip6_tunnel'] },
  gre: { 4: ['ip_gre'], 6: ['ip6_gre'] },
};

/** Loads the modules that directors and servers need. Before the lab is built, or after. */
export function loadTunnelModules(...setups: readonly TunnelSetup[]): void {
  loadModules([...new Set(setups.flatMap(({ type, outer }) => modules[type][outer]))]);
}

/** TUN: the device that unwraps is up. Once for each kind of tunnel; the VIP goes on loopback, as for DR. */
export function unwrapTunnel({ namespace, address }: LabHost, setup: TunnelSetup): void {
  const { type, outer, port = 6080 } = setup;
  const links = [...fallbackLinks[type][outer]];
  const own = ownLink(setup, address[outer]);
  if (own !== null) {
    const name = own.split(' ')[0] ?? '';
    if (!namespace.counters().has(name)) namespace.ip(`link add ${own}`);
    links.push(name);
  }
  namespace.ip(...links.map((link) => `link set ${link} up`));
  for (const link of links) namespace.setSysctl(`ipv4/conf/${link}/rp_filter`, 0);
  if (type === 'gue') namespace.shell(`ip ${outer === 6 ? '-6 ' : ''}fou add port ${port} gue`);
}

/** Where the kernel's own devices do not take what comes: they take IPv6 alone in IPv6, and GRE without checksums. */
function ownLink({ type, outer, checksum = false }: TunnelSetup, local: string): string | null {
  if (type === 'gre')
    return checksum ? `sum${outer} type ${outer === 6 ? 'ip6gre' : 'gre'} local ${local} icsum` : null;
  return outer === 6 ? `any6 type ip6tnl mode any local ${local}` : null;
}
