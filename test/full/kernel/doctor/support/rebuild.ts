/** Changes to hosts of the lab that make other networks of them. */
import type { LabHost, LabPlan } from '../../../../kernel/lab/lab.js';
import { addressLine, type Plug } from '../../../../kernel/lab/network.js';

interface ShownLink {
  /** Other links are shown as empty ones. */
  readonly addr_info?: readonly { readonly local?: string; readonly prefixlen?: number }[];
}

/** Takes the addresses, but those of the link itself, from one interface to another; its routes go with them. */
export function moveAddresses({ namespace }: LabHost, from: string, to: string): void {
  const links = JSON.parse(namespace.shell(`ip -j address show dev ${from} scope global`)) as ShownLink[];
  const addresses = links.flatMap(({ addr_info = [] }) =>
    addr_info.flatMap(({ local, prefixlen = 0 }) => (local === undefined ? [] : [`${local}/${prefixlen}`])),
  );
  namespace.ip(
    ...addresses.map((address) => `address delete ${address} dev ${from}`),
    ...addresses.map((address) => addressLine(address, to)),
  );
}

/** Puts what a host has on an interface into a VLAN there. */
export function intoVlan(host: LabHost, link: string, id: number): void {
  host.namespace.ip(
    `link add link ${link} name ${link}.${id} type vlan id ${id}`,
    `link set ${link}.${id} up`,
  );
  moveAddresses(host, link, `${link}.${id}`);
}

/** `10.SEGMENT.0.HOST/24` and `fd00:SEGMENT::HOST/64`, on a bridge of any name. */
export function plug(link: string, bridge: string, segment: number, host: number): Plug {
  return { link, segment: bridge, addresses: [`10.${segment}.0.${host}/24`, `fd00:${segment}::${host}/64`] };
}

/** Default routes of both versions. */
export function via(segment: number, host: number): string[] {
  return [`default via 10.${segment}.0.${host}`, `default via fd00:${segment}::${host}`];
}

/**
 * Client and servers of NAT on one wire, where only VLANs keep them apart. The director has two cables to it.
 *
 *     cl1 (10) ---- trunk ---- dir1 (10 and 20) ---- trunk ---- rs1, rs2, rs3 (20)
 */
export const trunk: LabPlan = {
  clients: ['cl1'],
  directors: ['dir1'],
  servers: ['rs1', 'rs2', 'rs3'],
  vip: { 4: '10.1.0.100', 6: 'fd00:1::100' },
  network: {
    segments: ['trunk'],
    hosts: [
      { name: 'cl1', plugs: [plug('eth0', 'trunk', 1, 11)] },
      { name: 'dir1', plugs: [plug('eth0', 'trunk', 1, 1), plug('eth1', 'trunk', 2, 1)], forwards: true },
      ...[1, 2, 3].map((number) => ({ name: `rs${number}`, plugs: [plug('eth0', 'trunk', 2, 20 + number)] })),
    ],
  },
};

/**
 * NAT, with a server that has an interface in the network of the service, too.
 *
 *     cl2 -- far -- router -- outer -- dir1 -- inner -- rs1, rs2
 *                        cl1 --/  \--------------------- rs2
 */
export const serverInTwoNetworks: LabPlan = {
  clients: ['cl1', 'cl2'],
  directors: ['dir1'],
  servers: ['rs1', 'rs2'],
  vip: { 4: '10.1.0.100', 6: 'fd00:1::100' },
  network: {
    segments: ['far', 'outer', 'inner'],
    hosts: [
      { name: 'cl1', plugs: [plug('eth0', 'outer', 1, 11)] },
      { name: 'cl2', plugs: [plug('eth0', 'far', 4, 11)], routes: via(4, 254) },
      { name: 'router', plugs: [plug('eth0', 'outer', 1, 254), plug('eth1', 'far', 4, 254)], forwards: true },
      {
        name: 'dir1',
        plugs: [plug('eth0', 'outer', 1, 1), plug('eth1', 'inner', 2, 1)],
        routes: via(1, 254),
        forwards: true,
      },
      { name: 'rs1', plugs: [plug('eth0', 'inner', 2, 21)], routes: via(2, 1) },
      {
        name: 'rs2',
        plugs: [plug('eth0', 'inner', 2, 22), plug('eth1', 'outer', 1, 22)],
        routes: via(2, 1),
      },
    ],
  },
};
