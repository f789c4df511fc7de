/** Changes to hosts of the lab that make other networks of them. */
import type { LabHost, LabPlan } from '../../../../kernel/lab/lab.js';
import { addressLine, defaultsVia, plugInto } from '../../../../kernel/lab/network.js';

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
      { name: 'cl1', plugs: [plugInto('trunk', 'eth0', 1, 11)] },
      {
        name: 'dir1',
        plugs: [plugInto('trunk', 'eth0', 1, 1), plugInto('trunk', 'eth1', 2, 1)],
        forwards: true,
      },
      ...[1, 2, 3].map((number) => ({
        name: `rs${number}`,
        plugs: [plugInto('trunk', 'eth0', 2, 20 + number)],
      })),
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
      { name: 'cl1', plugs: [plugInto('outer', 'eth0', 1, 11)] },
      { name: 'cl2', plugs: [plugInto('far', 'eth0', 4, 11)], routes: defaultsVia(4, 254) },
      {
        name: 'router',
        plugs: [plugInto('outer', 'eth0', 1, 254), plugInto('far', 'eth1', 4, 254)],
        forwards: true,
      },
      {
        name: 'dir1',
        plugs: [plugInto('outer', 'eth0', 1, 1), plugInto('inner', 'eth1', 2, 1)],
        routes: defaultsVia(1, 254),
        forwards: true,
      },
      { name: 'rs1', plugs: [plugInto('inner', 'eth0', 2, 21)], routes: defaultsVia(2, 1) },
      {
        name: 'rs2',
        plugs: [plugInto('inner', 'eth0', 2, 22), plugInto('outer', 'eth1', 1, 22)],
        routes: defaultsVia(2, 1),
      },
    ],
  },
};
