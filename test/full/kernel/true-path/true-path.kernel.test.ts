/** Checks by way of the service's address, by DR and TUN, on the director that holds it and on the one that does not. */
import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ApiClient } from '../../../../src/api/client.js';
import { realClock } from '../../../../src/base/clock.js';
import type { ServerStatus } from '../../../../src/model/snapshot.js';
import { names } from '../../../kernel/lab/clients.js';
import { Lab, type LabDirector } from '../../../kernel/lab/lab.js';
import { LvsdProgram } from '../../../kernel/lab/lvsd-program.js';
import { loadTunnelModules, takeVipOnLoopback, unwrapTunnel } from '../../../kernel/lab/real-server.js';
import { serve } from '../../../kernel/lab/servers.js';
import { until } from '../../../kernel/support/until.js';

const PATIENCE_S = 30;
const lvsadm = fileURLToPath(new URL('../../../../dist/bin/lvsadm.cjs', import.meta.url));

for (const forwarding of ['dr', 'tun'] as const) {
  describe(`path: vip, by ${forwarding}`, () => {
    let lab: Lab;
    let directors: readonly [Watcher, Watcher];
    before(async () => {
      loadTunnelModules({ type: 'ipip', outer: 4 });
      lab = Lab.create({ layout: 'flat', servers: 2, directors: 2 });
      await serve(lab, { port: 80, protocols: ['tcp'] });
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
      if (forwarding === 'tun' && name === 'rs1') unwrapTunnel(server, { type: 'ipip', outer: 4 });
    }

    function repair(): void {
      if (forwarding === 'dr') takeVipOnLoopback(lab, lab.servers[1]!);
      else unwrapTunnel(lab.servers[1]!, { type: 'ipip', outer: 4 });
    }

    function services(path: 'vip' | 'server' = 'vip'): unknown[] {
      const servers = lab.servers.map(({ name, address }) => ({ name, address: address[4] }));
      const timing = { interval: '500ms', timeout: '1s', rise: 1, fall: 2 };
      return [
        {
          name: 'true',
          address: `${lab.vip[4]}:80`,
          forwarding,
          scheduler: 'rr',
          checks: [
            { type: 'tcp', path, ...timing },
            // The kernel connects by itself; this process, which answers, stands still while it runs commands.
            { type: 'tcp', path, ...timing, timeout: '4s', fall: 3, expect: '/rs/' },
          ],
          servers: servers.map((server) => ({ ...server, address: `${server.address}:80` })),
        },
        {
          name: 'plain',
          address: `${lab.vip[4]}:81`,
          forwarding,
          scheduler: 'rr',
          check: { type: 'tcp', port: 80, ...timing },
          servers: servers.map((server) => ({ ...server, address: `${server.address}:81` })),
        },
      ];
    }

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
        assert.match(bad.verdictReason, /connect 10\.1\.0\.100:80: (timeout after 1s|ECONNREFUSED)/);
        await director.server('plain', 'rs2', ({ verdict, weight }) => verdict === 'up' && weight === 1);
      }
      const target = { protocol: 'tcp', address: lab.vip[4], port: 80 } as const;
      assert.deepEqual(await names(lab.client, target, 3), ['rs1', 'rs1', 'rs1']);
    });

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

    it('keeps every verdict while the address moves to the other director', async () => {
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

/** A director and what it says. */
class Watcher {
  readonly director: LabDirector;
  readonly lvsd: LvsdProgram;
  readonly api: ApiClient;

  constructor(lab: Lab, director: LabDirector) {
    this.director = director;
    this.lvsd = new LvsdProgram(lab, director);
    this.api = new ApiClient(this.lvsd.socket, { clock: realClock, uid: 0 });
  }

  /** Waits until the server is as told. */
  server(service: string, name: string, is: (server: ServerStatus) => boolean): Promise<ServerStatus> {
    let last: ServerStatus | undefined;
    return until(`${service}/${name} on ${this.director.name}`, PATIENCE_S, async () => {
      last = await this.#server(service, name);
      return last !== undefined && is(last) ? last : null;
    }).catch((error: unknown) => {
      throw new Error(JSON.stringify(last), { cause: error });
    });
  }

  /** Waits until each server of the service has been probed so often. */
  async afterProbes(count: number): Promise<void> {
    for (const name of ['rs1', 'rs2']) {
      let seenMs: number | null = null;
      let left = count;
      await until(`${count} probes of ${name}`, PATIENCE_S, async () => {
        const checkedAtMs = (await this.#server('true', name))?.checkedAtMs ?? null;
        if (checkedAtMs !== seenMs) left--;
        seenMs = checkedAtMs;
        return left < 0;
      });
    }
  }

  async lastEvent(): Promise<number> {
    const { events } = await this.api.events({ limit: 1 });
    return events.at(-1)?.seq ?? 0;
  }

  table(): string {
    return this.director.namespace.shell('ipvsadm -Ln');
  }

  /** Services by firewall mark: the files have none. */
  probeServices(): number {
    return this.table().match(/^FWM /gm)?.length ?? 0;
  }

  async #server(service: string, name: string): Promise<ServerStatus | undefined> {
    const { services } = await this.api.status();
    const found = services.find((each) => each.name === service);
    return found?.servers.find((each) => each.name === name);
  }
}
