import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { names } from '../../../../kernel/lab/clients.js';
import { program, type ServiceEntry } from '../../../../kernel/lab/director.js';
import { Lab, withLab, type LabPlan } from '../../../../kernel/lab/lab.js';
import { addressLine, defaultsVia, plugInto } from '../../../../kernel/lab/network.js';
import { routeThrough } from '../../../../kernel/lab/real-server.js';
import { serve } from '../../../../kernel/lab/servers.js';
import { behindRouter } from '../../../../kernel/lab/topologies.js';
import { examine, titles, withPrograms } from '../support/clinic.js';
import { assertWell, everybody, services } from '../support/good-network.js';
import { serverInTwoNetworks } from '../support/rebuild.js';

/** Addresses that are in nobody's network: the router sends them to the director. */
const routed = { 4: '192.0.2.10', 6: '2001:db8:7::10' } as const;

async function withRoutedVip(
  gateway: 'director' | 'router',
  body: (lab: Lab) => Promise<void> | void,
): Promise<void> {
  const lab = Lab.createFrom({ ...behindRouter(gateway), vip: routed });
  try {
    const { director } = lab;
    lab.network
      .host('router')
      .ip(
        `route add ${routed[4]} via ${director.address[4]}`,
        `route add ${routed[6]} via ${director.address[6]}`,
      );
    director.namespace.ip(addressLine(`${routed[4]}/32`, 'lo'), addressLine(`${routed[6]}/128`, 'lo'));
    await body(lab);
  } finally {
    await lab.close();
  }
}

/**
 * Two networks of services, each with a router of its own; the director answers by the one that the address belongs to.
 *
 *     cl1 -- net4 -- r1 -- net1 -- dir1 -- net3 -- rs1, rs2, rs3
 *     cl2 -- net5 -- r2 -- net2 --/
 */
const twoUplinks: LabPlan = {
  clients: ['cl1', 'cl2'],
  directors: ['dir1'],
  servers: ['rs1', 'rs2', 'rs3'],
  vip: { 4: '10.1.0.100', 6: 'fd00:1::100' },
  network: {
    segments: ['net1', 'net2', 'net3', 'net4', 'net5'],
    hosts: [
      { name: 'cl1', plugs: [plugInto('net4', 'eth0', 4, 11)], routes: defaultsVia(4, 254) },
      { name: 'cl2', plugs: [plugInto('net5', 'eth0', 5, 11)], routes: defaultsVia(5, 254) },
      ...[1, 2].map((number) => ({
        name: `r${number}`,
        plugs: [
          plugInto(`net${number}`, 'eth0', number, 254),
          plugInto(`net${number + 3}`, 'eth1', number + 3, 254),
        ],
        forwards: true,
      })),
      {
        name: 'dir1',
        plugs: [
          plugInto('net1', 'eth0', 1, 1),
          plugInto('net2', 'eth1', 2, 1),
          plugInto('net3', 'eth2', 3, 1),
        ],
        routes: defaultsVia(1, 254),
        forwards: true,
      },
      ...[1, 2, 3].map((number) => ({
        name: `rs${number}`,
        plugs: [plugInto('net3', 'eth0', 3, 20 + number)],
        routes: defaultsVia(3, 1),
      })),
    ],
  },
};

describe('lvsd doctor with routes of other kinds', () => {
  let restore: () => void;
  before(() => {
    restore = withPrograms();
  });
  after(() => restore());

  it('finds nothing with DR and an address that a router sends to the director', () =>
    withRoutedVip('router', async (lab) => {
      for (const { namespace } of lab.servers)
        namespace.ip(addressLine(`${routed[4]}/32`, 'lo'), addressLine(`${routed[6]}/128`, 'lo'));
      await serve(lab, { port: 80, protocols: ['tcp'] });
      await assertWell(lab, services(lab, 'dr'));
    }));

  it('finds nothing with NAT on one interface and such an address, under a strict filter', () =>
    withRoutedVip('director', async (lab) => {
      lab.director.namespace.setSysctl('ipv4/conf/all/rp_filter', 1);
      await serve(lab, { port: 80, protocols: ['tcp'] });
      await assertWell(lab, services(lab, 'nat'));
    }));

  it('finds nothing with two networks of services, rules of routing and a strict filter', async () => {
    const lab = Lab.createFrom(twoUplinks);
    try {
      const { namespace } = lab.director;
      lab.holdVip();
      namespace.ip(addressLine('10.2.0.100/32', 'eth1'));
      for (const number of [1, 2])
        namespace.ip(
          `route add default via 10.${number}.0.254 table ${100 + number}`,
          `route add 10.3.0.0/24 dev eth2 table ${100 + number}`,
          `rule add from 10.${number}.0.0/24 lookup ${100 + number}`,
        );
      namespace.setSysctl('ipv4/conf/all/rp_filter', 1);
      await serve(lab, { port: 80, protocols: ['tcp'] });
      const [first] = services(lab, 'nat');
      assert.ok(first);
      const both: ServiceEntry[] = [first, { ...first, name: 'second', address: '10.2.0.100' }];
      await program(lab, both);
      for (const [index, { address = '' }] of both.entries()) {
        const client = lab.clients[index]!;
        assert.deepEqual(await names(client, { protocol: 'tcp', address, port: 80 }, 3), everybody, address);
      }
      assert.deepEqual(titles(await examine(both, lab.director), 'fault', 'warning'), []);
    } finally {
      await lab.close();
    }
  });

  it('finds nothing where there is no IPv4 at all', () =>
    withLab({ layout: 'two' }, async (lab) => {
      for (const server of lab.servers) routeThrough(server, lab.director);
      lab.director.namespace.ip(`${addressLine(`${lab.vip[6]}/128`, 'eth0')} preferred_lft 0`);
      for (const { namespace } of [...lab.clients, ...lab.directors, ...lab.servers])
        namespace.shell('ip -4 address flush scope global');
      await serve(lab, { port: 80, protocols: ['tcp'] });
      const [, v6] = services(lab, 'nat');
      await assertWell(lab, [v6!]);
    }));

  it('finds nothing with a server of NAT that has an interface in the network of the service, and clients beyond', async () => {
    const lab = Lab.createFrom(serverInTwoNetworks);
    try {
      lab.holdVip();
      await serve(lab, { port: 80, protocols: ['tcp'] });
      const [v4] = services(lab, 'nat');
      await program(lab, [v4!]);
      const target = { protocol: 'tcp', address: lab.vip[4], port: 80 } as const;
      assert.deepEqual(await names(lab.clients[1]!, target, 2), ['rs2', 'rs1']);
      assert.deepEqual(titles(await examine([v4!], lab.director), 'fault', 'warning'), []);
    } finally {
      await lab.close();
    }
  });
});
