/** How evenly schedulers deal, and how little they disturb. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createScheduler, type Scheduler, type SchedulerName } from '../../../schedulers/index.js';
import { makeFlow, makeServer, nameOf, type NamedServer } from './make.js';

const WEIGHTS = { A: 5, B: 3, C: 2 };

function populated(
  name: SchedulerName,
  weights: Readonly<Record<string, number>>,
): [Scheduler, NamedServer[]] {
  const scheduler = createScheduler(name);
  const servers = Object.entries(weights).map(([letter, weight]) => makeServer(letter, { weight }));
  for (const server of servers) scheduler.added(server);
  return [scheduler, servers];
}

/** Names by source address, each opening a connection that stays when `open`. */
function deal(scheduler: Scheduler, count: number, open: boolean): string[] {
  return Array.from({ length: count }, (_, index) => {
    const server = scheduler.pick(makeFlow({ source: `10.7.${index >> 8}.${index & 255}` }), 0);
    if (server !== null && open) server.activeConnections++;
    return nameOf(server);
  });
}

function count(names: readonly string[], name: string): number {
  return names.filter((other) => other === name).length;
}

describe('shares by weight', () => {
  for (const name of ['wrr', 'wlc', 'sed', 'nq'] as const) {
    it(`of ${name} lie within one connection a round`, () => {
      const names = deal(populated(name, WEIGHTS)[0], 1000, true);
      for (const [server, weight] of Object.entries(WEIGHTS)) {
        assert.ok(Math.abs(count(names, server) - weight * 100) <= 3, `${server}: ${count(names, server)}`);
      }
    });
  }

  it('of wrr are exact over whole rounds', () => {
    const names = deal(populated('wrr', WEIGHTS)[0], 100, false);
    assert.deepEqual(
      ['A', 'B', 'C'].map((name) => count(names, name)),
      [50, 30, 20],
    );
  });

  for (const name of ['sh', 'mh'] as const) {
    it(`of ${name} come near over many clients`, () => {
      const names = deal(populated(name, WEIGHTS)[0], 20_000, false);
      for (const [server, weight] of Object.entries(WEIGHTS)) {
        assert.ok(Math.abs(count(names, server) / 20_000 - weight / 10) < 0.02, server);
      }
    });
  }

  for (const name of ['rr', 'lc'] as const) {
    it(`do not matter to ${name}`, () => {
      const names = deal(populated(name, WEIGHTS)[0], 999, true);
      assert.deepEqual(
        ['A', 'B', 'C'].map((server) => count(names, server)),
        [333, 333, 333],
      );
    });
  }
});

describe('disturbance', () => {
  it('of mh by a removal is small for clients of other servers', () => {
    const [scheduler, servers] = populated('mh', { A: 1, B: 1, C: 1, D: 1, E: 1 });
    const before = deal(scheduler, 5000, false);
    scheduler.removed(servers[2]!);
    const after = deal(scheduler, 5000, false);
    const moved = before.filter((name, index) => name !== 'C' && name !== after[index]).length;
    assert.ok(moved < 5000 * 0.05, `${moved} moved`);
  });

  for (const name of ['sh', 'mh'] as const) {
    it(`of ${name} by quiescing is none for clients of other servers`, () => {
      const [scheduler, servers] = populated(name, { A: 1, B: 1, C: 1 });
      const before = deal(scheduler, 2000, false);
      servers[1]!.weight = 0;
      scheduler.edited(servers[1]!);
      const after = deal(scheduler, 2000, false);
      before.forEach((server, index) => assert.equal(after[index], server === 'B' ? '-' : server));
    });
  }

  it('wrr with a huge weight and its server overloaded answers at once', () => {
    const [scheduler, servers] = populated('wrr', { A: 2 ** 31 - 1, B: 1 });
    servers[0]!.overloaded = true;
    assert.deepEqual(deal(scheduler, 3, false), ['B', 'B', 'B']);
    servers[1]!.overloaded = true;
    assert.deepEqual(deal(scheduler, 2, false), ['-', '-']);
  });
});
