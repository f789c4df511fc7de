import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { Lab } from '../../../kernel/lab/lab.js';
import { routeThrough } from '../../../kernel/lab/real-server.js';
import { LvsdHome } from '../../../kernel/support/lvsd-home.js';
import { seededRandom } from '../../../support/random.js';
import { Load, SERVER_PORT } from './support/load.js';
import { RandomFile } from './support/random-file.js';

const RELOADS = 50;
const RESTARTS = 10;
const KILLS = 5;
const seed = Number(process.env['LVSD_TEST_SEED'] ?? Math.floor(Math.random() * 1e9));

/** States in which a connection has nothing to say any more. */
const ENDED = new Set(['TIME_WAIT', 'CLOSE']);

describe('a constant load', () => {
  it(`loses no connection by ${RELOADS} reloads, ${RESTARTS} restarts and ${KILLS} kill -9 (LVSD_TEST_SEED=${seed})`, async () => {
    const random = seededRandom(seed);
    const lab = Lab.create({ layout: 'two', servers: 4 });
    const home = new LvsdHome();
    const load = new Load(lab, seed);
    const file = new RandomFile(random, {
      vip: lab.vip[4],
      servers: new Map(lab.servers.map(({ name, address }) => [name, `${address[4]}:${SERVER_PORT}`])),
    });
    const kinds = new Map<string, number>();
    const write = (): void => home.configure(file.services, { resync: '1s', shrink_guard: '100%' });
    const start = (): Promise<void> => lab.director.namespace.within(() => home.start());

    /** One step as an operator takes it: a server that has connections is quiesced and emptied before it goes. */
    async function change(): Promise<void> {
      const made = file.change();
      kinds.set(made.kind, (kinds.get(made.kind) ?? 0) + 1);
      if (made.kind === 'server to remove') {
        const { server } = made;
        await home.api.setWeight({ service: 'web', server, weight: 0, dryRun: false });
        while (await hasConnections(server)) await setTimeout(250);
        file.remove(server);
      }
      write();
    }

    async function hasConnections(server: string): Promise<boolean> {
      for await (const { state } of home.api.connections({ service: 'web', server }))
        if (!ENDED.has(state)) return true;
      return false;
    }

    function good(moment: string): void {
      assert.deepEqual(load.faults, [], `faults after ${moment}\n${home.logText()}`);
    }

    try {
      lab.holdVip();
      for (const server of lab.servers) routeThrough(server, lab.director);
      await load.serve();
      write();
      await start();
      await lab.client.namespace.during(async () => {
        load.start({
          web: { port: 80, connectionsPerSecond: 6 },
          long: { port: 82, connections: 10 },
          udp: { port: 53, sessions: 3 },
        });
        await setTimeout(2000);
        good('the start');

        for (let reload = 1; reload <= RELOADS; reload++) {
          await change();
          const { failures } = await home.api.reload({ force: false });
          assert.deepEqual(failures, []);
          good(`reload ${reload}`);
          await setTimeout(100);
        }
        const reloaded = load.report;
        for (let restart = 1; restart <= RESTARTS; restart++) {
          assert.equal(await home.end('SIGTERM'), 0);
          await start();
          const { lastPlan } = await home.api.status();
          const { events } = await home.api.events({ limit: 100 });
          // A server that was removed before becomes idle when its last connection is forgotten, at any moment.
          const drained = events.filter(({ type }) => type === 'drain-ended').length;
          assert.ok(
            (lastPlan?.steps ?? 1) <= drained,
            `restart ${restart}: ${JSON.stringify(lastPlan)}, ${drained} drained`,
          );
          good(`restart ${restart}`);
        }
        for (let kill = 1; kill <= KILLS; kill++) {
          await change();
          // in the midst of it
          const cut = home.api.reload({ force: false }).catch(() => undefined);
          await setTimeout(random.int(0, 60));
          await home.end('SIGKILL');
          await cut;
          await start();
          assert.equal((await home.api.readiness()).ready, true);
          good(`kill ${kill}`);
        }
        const { services } = await home.api.status();
        const carried = services.find(({ name }) => name === 'long')?.connections;
        const report = await load.finish();
        good('the end');
        console.log(
          `${RELOADS} reloads (${[...kinds].map(([kind, count]) => `${count} ${kind}`).join(', ')}), ` +
            `${RESTARTS} restarts, ${KILLS} kill -9: ${report.opened} connections, ${report.finished} ended in order, ` +
            `0 failed, ${report.kernel.estabResets} reset; ${report.bytesVerified} bytes and ` +
            `${report.datagramsVerified} datagrams verified at both ends (${reloaded.opened} connections during reloads)`,
        );
        assert.deepEqual(report.kernel, { attemptFails: 0, estabResets: 0, outRsts: 0 });
        assert.equal(report.finished, report.opened);
        assert.ok(report.opened > 150, String(report.opened));
        assert.ok(report.datagramsVerified > 100, String(report.datagramsVerified));
        // an entry that was deleted and made anew counts from 0
        assert.equal(carried, 10, 'connections counted on the service whose connections stayed');
      });
    } finally {
      load.abandon();
      await home.remove();
      await lab.close();
    }
  });
});
