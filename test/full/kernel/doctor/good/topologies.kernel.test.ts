import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { names } from '../../../../kernel/lab/clients.js';
import { program, type ServiceEntry } from '../../../../kernel/lab/director.js';
import { Lab, withLab } from '../../../../kernel/lab/lab.js';
import { loadTunnelModules, takeVipOnLoopback, unwrapTunnel } from '../../../../kernel/lab/real-server.js';
import { serve } from '../../../../kernel/lab/servers.js';
import { behindRouter, farServers, serversInTwoNetworks } from '../../../../kernel/lab/topologies.js';
import { examine, titles, withPrograms } from '../support/clinic.js';
import { assertWell, services } from '../support/good-network.js';

async function inTopology(lab: Lab, body: () => Promise<void>): Promise<void> {
  try {
    lab.holdVip();
    await serve(lab, { port: 80, protocols: ['tcp'] });
    await body();
  } finally {
    await lab.close();
  }
}

describe('lvsd doctor in other good networks', () => {
  let restore: () => void;
  before(() => {
    restore = withPrograms();
  });
  after(() => restore());

  it('finds nothing with NAT on one interface and clients behind a router', async () => {
    const lab = Lab.createFrom(behindRouter('director'));
    await inTopology(lab, () => assertWell(lab, services(lab, 'nat')));
  });

  it('finds nothing with NAT and servers in two networks', async () => {
    const lab = Lab.createFrom(serversInTwoNetworks());
    await inTopology(lab, () => assertWell(lab, services(lab, 'nat')));
  });

  it('finds nothing with DR and clients behind a router', async () => {
    const lab = Lab.createFrom(behindRouter('router'));
    await inTopology(lab, () => {
      for (const server of lab.servers) takeVipOnLoopback(lab, server);
      return assertWell(lab, services(lab, 'dr'));
    });
  });

  it('finds nothing with TUN and servers behind routers', async () => {
    const setups = ([4, 6] as const).map((outer) => ({ type: 'ipip', outer }) as const);
    loadTunnelModules(...setups);
    const lab = Lab.createFrom(farServers());
    await inTopology(lab, () => {
      for (const server of lab.servers) {
        takeVipOnLoopback(lab, server);
        for (const setup of setups) unwrapTunnel(server, setup);
      }
      return assertWell(lab, services(lab, 'tun'));
    });
  });

  it('finds nothing on a director that is a server, too', () =>
    withLab({ layout: 'flat', servers: 1 }, async (lab) => {
      lab.holdVip();
      for (const server of lab.servers) takeVipOnLoopback(lab, server);
      await serve(lab, { port: 80, protocols: ['tcp'], hosts: [...lab.servers, lab.director] });
      const hosts = [lab.servers[0]!, lab.director];
      const service: ServiceEntry = {
        name: 'shop',
        address: lab.vip[4],
        port: 80,
        scheduler: 'rr',
        forwarding: 'dr',
        servers: hosts.map((host) => ({ name: host.name, address: host.address[4], port: 80 })),
      };
      await program(lab, [service]);
      const target = { protocol: 'tcp', address: lab.vip[4], port: 80 } as const;
      assert.deepEqual((await names(lab.client, target, 2)).sort(), ['dir1', 'rs1']);
      assert.deepEqual(titles(await examine([service], lab.director), 'fault', 'warning'), []);
    }));

  it('finds nothing on the backup of two directors', () =>
    withLab({ layout: 'flat', directors: 2 }, async (lab) => {
      const [active, backup] = lab.directors;
      lab.holdVip(active);
      for (const server of lab.servers) takeVipOnLoopback(lab, server);
      await serve(lab, { port: 80, protocols: ['tcp'] });
      const [v4] = services(lab, 'dr');
      for (const director of [active, backup]) await program(lab, [v4!], director);
      assert.deepEqual(titles(await examine([v4!], backup!), 'fault', 'warning'), []);
      assert.deepEqual(titles(await examine([v4!], active!), 'fault', 'warning'), []);
    }));
});
