/** Checks by way of the service's address, by DR and TUN, on the director that holds it and on the one that does not. */
import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { names } from '../../../kernel/lab/clients.js';
import { Lab } from '../../../kernel/lab/lab.js';
import { loadTunnelModules, takeVipOnLoopback, unwrapTunnel } from '../../../kernel/lab/real-server.js';
import { ServerApart } from '../../../kernel/lab/server-apart.js';
import { endpoint, Watcher } from './watcher.js';

const lvsadm = fileURLToPath(new URL('../../../../dist/bin/lvsadm.cjs', import.meta.url));

/** Where the answer comes from the service's address, IPv4 asks for a setting. */
const cases = [
  { forwarding: 'dr', version: 4, whole: true },
  { forwarding: 'tun', version: 4, whole: false },
  { forwarding: 'dr', version: 6, whole: false },
  { forwarding: 'tun', version: 6, whole: false },
] as const;

for (const { forwarding, version, whole } of cases) {
  describe(`path: vip, by ${forwarding}, IPv${version}`, () => {
    let lab: Lab;
    let directors: readonly [Watcher, Watcher];
    const tunnel = { type: 'ipip', outer: version } as const;
    before(async () => {
      loadTunnelModules(tunnel);
      lab = Lab.create({ layout: 'flat', servers: 2, directors: 2 });
      await ServerApart.startAll(lab, 80);
      for (const server of lab.servers)
        if (forwarding === 'tun' || server.name === 'rs1') correct(server.name);
      lab.holdVip();
      const [first, second] = lab.directors.map((director) => new Watcher(lab, director));
      directors = [first!, second!];
      for (const director of directors) {
        director.lvsd.configure(services());
        await director.lvsd.start();
      }
    });
    after(() => lab.close());

    /** As an administrator should: for TUN the VIP is on each from the start, and the device down on rs2. */
    function correct(name: string): void {
      const server = lab.servers.find((each) => each.name === name)!;
      takeVipOnLoopback(lab, server);
      if (forwarding === 'tun' && name === 'rs1') unwrapTunnel(server, tunnel);
    }

    function repair(): void {
      if (forwarding === 'dr') takeVipOnLoopback(lab, lab.servers[1]!);
      else unwrapTunnel(lab.servers[1]!, tunnel);
    }

    function services(path: 'vip' | 'server' = 'vip'): unknown[] {
      const at = (address: string, port: number): string => endpoint(address, port);
      const servers = lab.servers.map(({ name, address }) => ({ name, address: address[version] }));
      const timing = { interval: '500ms', timeout: '1s', rise: 1, fall: 2 };
      return [
        {
          name: 'true',
          address: at(lab.vip[version], 80),
          forwarding,
          scheduler: 'rr',
          checks: [
            { type: 'tcp', path, ...timing },
            { type: 'tcp', path, ...timing, expect: '/rs/' },
          ],
          servers: servers.map((server) => ({ ...server, address: at(server.address, 80) })),
        },
        {
          name: 'plain',
          address: at(lab.vip[version], 81),
          forwarding,
          scheduler: 'rr',
          check: { type: 'tcp', port: 80, ...timing },
          servers: servers.map((server) => ({ ...server, address: at(server.address, 81) })),
        },
      ];
    }

    if (version === 4)
      it('finds nobody at fault where this host would drop the answers', async () => {
        for (const director of directors) {
          for (const name of ['rs1', 'rs2']) {
            const server = await director.server('true', name, ({ verdictReason }) =>
              verdictReason.includes('accept_local is 0 on eth0'),
            );
            assert.equal(server.verdict, 'unknown');
            assert.equal(server.weight, 1, 'unknown is not down');
          }
          director.director.namespace.setSysctl('ipv4/conf/eth0/accept_local', 1);
        }
      });

    it('keeps out a server that a plain check lets in, and says why', async () => {
      for (const director of directors) {
        await director.server('true', 'rs1', ({ verdict }) => verdict === 'up');
        const bad = await director.server('true', 'rs2', ({ weight }) => weight === null);
        assert.equal(bad.verdict, 'down');
        assert.match(
          bad.verdictReason,
          new RegExp(`by way of the service's address to rs2 \\(${forwarding}\\)`),
        );
        const asked = endpoint(lab.vip[version], 80).replaceAll(/[[\].]/g, '\\$&');
        assert.match(
          bad.verdictReason,
          new RegExp(`connect ${asked}: (timeout after 1s|ECONNREFUSED|EHOSTUNREACH)`),
        );
        await director.server('plain', 'rs2', ({ verdict, weight }) => verdict === 'up' && weight === 1);
      }
      const target = { protocol: 'tcp', address: lab.vip[version], port: 80 } as const;
      assert.deepEqual(await names(lab.client, target, 3), ['rs1', 'rs1', 'rs1']);
    });

    if (whole)
      it('has one service for each server in the table, which nobody hears of', async () => {
        const [first] = directors;
        assert.equal(first.probeServices(), 2);
        const snapshot = await first.api.status();
        assert.deepEqual(
          snapshot.services.map(({ name }) => name),
          ['true', 'plain'],
        );
        const { steps } = await first.api.plan();
        assert.deepEqual(steps, []);
        const stateDir = join(dirname(dirname(first.lvsd.socket)), 'state');
        const save = async (...options: string[]): Promise<string> => {
          const words = [`LVSD_STATE_DIR=${stateDir}`, process.execPath, lvsadm, '-Sn', ...options];
          return (await first.director.namespace.run('env', ...words)).stdout;
        };
        assert.match(await save(), /^-A -f /m);
        const without = await save('--no-probes');
        assert.match(without, /^-A -t 10\.1\.0\.100:80 /m);
        assert.doesNotMatch(without, /^-[Aa] -f /m);
      });

    it('lets the server in that was corrected', async () => {
      repair();
      for (const director of directors)
        await director.server('true', 'rs2', ({ verdict, weight }) => verdict === 'up' && weight === 1);
    });

    it('keeps every server while the address moves to the other director', async () => {
      const [first, second] = directors;
      const seen = await Promise.all(directors.map((director) => director.lastEvent()));
      lab.dropVip(first.director);
      lab.holdVip(second.director);
      for (const director of directors) await director.afterProbes(8);
      lab.dropVip(second.director);
      lab.holdVip(first.director);
      for (const [index, director] of directors.entries()) {
        await director.afterProbes(4);
        const { events } = await director.api.events({ after: seen[index]! });
        assert.deepEqual(
          events.filter(({ service }) => service === 'true').map(({ message }) => message),
          [],
          director.director.name,
        );
      }
    });

    if (!whole) return;

    it('lets servers share in turn where there may be fewer services than servers', async () => {
      const [, second] = directors;
      second.lvsd.configure(services(), { probe: { max: 1 } });
      await second.api.reload({ force: false });
      const seen = await second.lastEvent();
      assert.equal(second.probeServices(), 1);
      await second.afterProbes(4);
      assert.equal(second.probeServices(), 1);
      for (const name of ['rs1', 'rs2']) await second.server('true', name, ({ verdict }) => verdict === 'up');
      const { events } = await second.api.events({ after: seen });
      assert.deepEqual(
        events.filter(({ service, type }) => service === 'true' && /^server-(down|removed)/.test(type)),
        [],
      );
    });

    it('leaves no such service when it stops, though it keeps the others', async () => {
      const [, second] = directors;
      assert.equal(second.probeServices(), 1);
      await second.lvsd.end('SIGTERM');
      assert.equal(second.probeServices(), 0);
      assert.match(second.table(), /TCP {2}10\.1\.0\.100:80 rr/);
    });

    it('removes at start what a killed one left', async () => {
      const [first] = directors;
      await first.lvsd.end('SIGKILL');
      assert.equal(first.probeServices(), 2);
      first.lvsd.configure(services('server'));
      await first.lvsd.start();
      assert.equal(first.probeServices(), 0);
    });
  });
}
