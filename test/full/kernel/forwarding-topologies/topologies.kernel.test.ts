import { after, before, describe, it } from 'node:test';
import { assertForwarding, everyCase, titleOf } from '../../../kernel/lab/forwarding-case.js';
import { Lab, loadModules } from '../../../kernel/lab/lab.js';
import { loadTunnelModules, takeVipOnLoopback, unwrapTunnel } from '../../../kernel/lab/real-server.js';
import { serve } from '../../../kernel/lab/servers.js';
import { behindRouter, farServers, serversInTwoNetworks } from '../../../kernel/lab/topologies.js';

const everywhere = everyCase(['tcp', 'udp', 'sctp']);

describe('one-armed NAT, clients behind a router', () => {
  let lab: Lab;
  before(async () => {
    loadModules(['sctp']);
    lab = Lab.createFrom(behindRouter('director'));
    lab.holdVip();
    await serve(lab, { port: 8080, protocols: ['tcp', 'udp', 'sctp'] });
  });
  after(() => lab.close());

  for (const kind of everywhere) {
    it(`forwards ${titleOf(kind)}`, () =>
      assertForwarding(lab, { ...kind, forwarding: 'nat', port: 80, serverPort: 8080 }));
  }
});

describe('NAT, servers in two networks', () => {
  let lab: Lab;
  before(async () => {
    lab = Lab.createFrom(serversInTwoNetworks());
    lab.holdVip();
    await serve(lab, { port: 8080, protocols: ['tcp', 'udp', 'sctp'] });
  });
  after(() => lab.close());

  for (const kind of everywhere) {
    it(`forwards ${titleOf(kind)}`, () =>
      assertForwarding(lab, {
        ...kind,
        forwarding: 'nat',
        scheduler: 'wrr',
        weights: [1, 2, 5],
        port: 80,
        serverPort: 8080,
      }));
  }
});

describe('DR, clients behind a router', () => {
  let lab: Lab;
  before(async () => {
    lab = Lab.createFrom(behindRouter('router'));
    lab.holdVip();
    for (const server of lab.servers) takeVipOnLoopback(lab, server);
    await serve(lab, { port: 80, protocols: ['tcp', 'udp', 'sctp'] });
  });
  after(() => lab.close());

  for (const kind of everywhere) {
    it(`forwards ${titleOf(kind)}`, () =>
      assertForwarding(lab, { ...kind, forwarding: 'dr', serverPort: 80 }));
  }
});

describe('TUN, each server in a network of its own', () => {
  const setups = ([4, 6] as const).map((outer) => ({ type: 'ipip', outer }) as const);
  let lab: Lab;
  before(async () => {
    loadTunnelModules(...setups);
    lab = Lab.createFrom(farServers());
    lab.holdVip();
    for (const server of lab.servers) {
      takeVipOnLoopback(lab, server);
      for (const setup of setups) unwrapTunnel(server, setup);
    }
    await serve(lab, { port: 80 });
  });
  after(() => lab.close());

  for (const kind of everyCase(['tcp', 'udp'])) {
    it(`forwards ${titleOf(kind)}`, () =>
      assertForwarding(lab, { ...kind, forwarding: 'tun', tunnel: { type: 'ipip' }, serverPort: 80 }));
  }
});

describe('NAT, an address that is on no network and is routed to the director', () => {
  let lab: Lab;
  before(async () => {
    const plan = serversInTwoNetworks();
    lab = Lab.createFrom({ ...plan, vip: { 4: '192.0.2.10', 6: '2001:db8::10' } });
    // a local route of a whole prefix does, for as many addresses as one likes
    lab.director.namespace.ip('route add local 192.0.2.0/24 dev lo', 'route add local 2001:db8::/64 dev lo');
    await serve(lab, { port: 8080 });
  });
  after(() => lab.close());

  for (const kind of everyCase(['tcp', 'udp'])) {
    it(`forwards ${titleOf(kind)}`, () =>
      assertForwarding(lab, { ...kind, forwarding: 'nat', port: 80, serverPort: 8080 }));
  }
});
