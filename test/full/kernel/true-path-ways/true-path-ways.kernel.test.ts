/** Checks by way of the service's address by NAT, and by datagrams. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Lab } from '../../../kernel/lab/lab.js';
import {
  loadTunnelModules,
  routeThrough,
  takeVipOnLoopback,
  unwrapTunnel,
} from '../../../kernel/lab/real-server.js';
import { ServerApart } from '../../../kernel/lab/server-apart.js';
import { endpoint, Watcher } from '../true-path/watcher.js';

const timing = { interval: '500ms', timeout: '1s', rise: 1, fall: 2 };

for (const version of [4, 6] as const)
  describe(`path: vip, by nat, IPv${version}`, () => {
    let lab: Lab;
    let servers: readonly ServerApart[];
    let watcher: Watcher;
    before(async () => {
      lab = Lab.create({ layout: 'two', servers: 2 });
      for (const server of lab.servers) routeThrough(server, lab.director);
      servers = await ServerApart.startAll(lab, 8080);
      lab.holdVip();
      watcher = new Watcher(lab, lab.director);
      watcher.lvsd.configure([
        {
          name: 'true',
          address: endpoint(lab.vip[version], 80),
          scheduler: 'rr',
          // The answer tells at which of its own addresses the server was asked.
          check: {
            type: 'tcp',
            path: 'vip',
            expect: `/ ${lab.servers[0]!.address[version]}|rs2/`,
            ...timing,
          },
          servers: lab.servers.map(({ name, address }) => ({
            name,
            address: endpoint(address[version], 8080),
          })),
        },
      ]);
      await watcher.lvsd.start();
    });
    after(() => lab.close());

    it('asks through the translation, whether or not this host holds the address', async () => {
      for (const name of ['rs1', 'rs2'])
        await watcher.server('true', name, ({ verdict }) => verdict === 'up');
      const seen = await watcher.lastEvent();
      lab.dropVip();
      await watcher.afterProbes(4);
      lab.holdVip();
      await watcher.afterProbes(4);
      const { events } = await watcher.api.events({ after: seen });
      assert.deepEqual(
        events.map(({ message }) => message),
        [],
      );
    });

    it('takes out the server that does not answer, and no other', async () => {
      await servers[1]!.kill();
      const down = await watcher.server('true', 'rs2', ({ weight }) => weight === null);
      assert.match(
        down.verdictReason,
        /by way of the service's address to rs2 \(nat\): connect .*: ECONNREFUSED/,
      );
      await watcher.server('true', 'rs1', ({ verdict, weight }) => verdict === 'up' && weight === 1);
      await servers[1]!.start();
      await watcher.server('true', 'rs2', ({ verdict, weight }) => verdict === 'up' && weight === 1);
    });
  });

const tunnel = { type: 'ipip', outer: 4 } as const;

for (const { version, forwarding } of [
  { version: 4, forwarding: 'tun' },
  { version: 6, forwarding: 'dr' },
] as const)
  describe(`path: vip, by datagrams, by ${forwarding}, IPv${version}`, () => {
    let lab: Lab;
    let servers: readonly ServerApart[];
    let directors: readonly Watcher[];
    before(async () => {
      if (forwarding === 'tun') loadTunnelModules(tunnel);
      lab = Lab.create({ layout: 'flat', servers: 2, directors: 2 });
      servers = await ServerApart.startAll(lab, 53);
      await correct(servers[0]!);
      lab.holdVip();
      directors = lab.directors.map((director) => new Watcher(lab, director));
      for (const { director, lvsd } of directors) {
        director.namespace.setSysctl('ipv4/conf/eth0/accept_local', 1);
        lvsd.configure([
          {
            name: 'true',
            address: endpoint(lab.vip[version], 53),
            protocol: 'udp',
            forwarding,
            scheduler: 'rr',
            checks: [
              { type: 'udp', path: 'vip', send: 'hi', expect: 'hi', ...timing },
              { type: 'dns', path: 'vip', name: 'example.org', rcode: 'REFUSED', ...timing },
            ],
            servers: lab.servers.map(({ name, address }) => ({
              name,
              address: endpoint(address[version], 53),
            })),
          },
        ]);
        await lvsd.start();
      }
    });
    after(() => lab.close());

    /** The address first, for the server takes datagrams at addresses that it has. */
    async function correct(server: ServerApart): Promise<void> {
      await server.kill();
      takeVipOnLoopback(lab, server.host);
      if (forwarding === 'tun') unwrapTunnel(server.host, tunnel);
      await server.start([lab.vip[version]]);
    }

    it('keeps out a server that hears no client, and lets it in when it was corrected', async () => {
      for (const director of directors) {
        await director.server('true', 'rs1', ({ verdict, weight }) => verdict === 'up' && weight === 1);
        const bad = await director.server('true', 'rs2', ({ weight }) => weight === null);
        assert.match(bad.verdictReason, /by way of the service's address to rs2 \((dr|tun)\): udp /);
        assert.equal(director.probeServices(), 2);
        assert.match(director.table(), /^FWM .* ops/m);
      }
      await correct(servers[1]!);
      for (const director of directors)
        await director.server('true', 'rs2', ({ verdict, weight }) => verdict === 'up' && weight === 1);
    });

    it('keeps every server while the address moves to the other director', async () => {
      const seen = await Promise.all(directors.map((director) => director.lastEvent()));
      const [first, second] = lab.directors;
      lab.dropVip(first);
      lab.holdVip(second);
      for (const [index, director] of directors.entries()) {
        await director.afterProbes(6);
        const { events } = await director.api.events({ after: seen[index]! });
        assert.deepEqual(
          events.map(({ message }) => message),
          [],
          director.director.name,
        );
      }
    });

    it('takes out the server that dies, by the word of its host', async () => {
      await servers[0]!.kill();
      for (const director of directors) {
        const down = await director.server('true', 'rs1', ({ weight }) => weight === null);
        assert.match(
          down.verdictReason,
          /by way of the service's address to rs1 \((dr|tun)\): .*ECONNREFUSED/,
        );
        await director.server('true', 'rs2', ({ verdict, weight }) => verdict === 'up' && weight === 1);
      }
    });
  });
