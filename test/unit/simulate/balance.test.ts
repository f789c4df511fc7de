import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { simulateBalance, type Balance, type BalanceOptions } from '../../../src/simulate/balance.js';
import { expectedShares } from '../../../src/simulate/expected-share.js';
import { seededRandom } from '../../../src/simulate/seeded-random.js';

function simulate(options: Partial<BalanceOptions> = {}): Balance {
  return simulateBalance({
    scheduler: 'wrr',
    flags: [],
    generation: 'classic',
    servers: [
      { name: 'a', weight: 3 },
      { name: 'b', weight: 1 },
      { name: 'c', weight: 1 },
    ],
    connections: 1000,
    hold: 10,
    clients: 50,
    removals: [],
    random: seededRandom(1),
    ...options,
  });
}

describe('simulateBalance', () => {
  it('counts what each server got beside what was promised', () => {
    const { servers, refused } = simulate();
    assert.deepEqual(
      servers.map(({ name, connections, share }) => [name, connections, share]),
      [
        ['a', 600, 0.6],
        ['b', 200, 0.2],
        ['c', 200, 0.2],
      ],
    );
    for (const { share, expectedShare } of servers) assert.ok(Math.abs(share - expectedShare) < 1e-9);
    assert.equal(refused, 0);
  });

  it('is the same again from the same seed', () => {
    const play = (seed: number): Balance => simulate({ scheduler: 'mh', random: seededRandom(seed) });
    assert.deepEqual(play(5), play(5));
    assert.notDeepEqual(play(5), play(6));
  });

  it('tells whom a leaving server displaced', () => {
    const { removals, servers } = simulate({ scheduler: 'mh', removals: [{ server: 'b', at: 500 }] });
    const [effect] = removals;
    assert.ok(effect);
    assert.equal(effect.displaced + effect.others, 50);
    assert.ok(effect.displaced > 0);
    assert.ok(effect.moved < 5);
    assert.equal(servers[1]?.expectedShare.toFixed(2), '0.10');
  });

  it('finds the most unequal moment', () => {
    const { mostUnequal } = simulate({ hold: 2 });
    assert.deepEqual(mostUnequal, {
      connection: 2,
      server: 'a',
      open: 0,
      openInAll: 2,
      share: 0,
      expectedShare: 0.6,
    });
    assert.equal(simulate({ connections: 5 }).mostUnequal, null);
  });

  it('counts connections that find no server', () => {
    const { refused, servers } = simulate({ servers: [{ name: 'a', weight: 0 }] });
    assert.equal(refused, 1000);
    assert.deepEqual(servers, [{ name: 'a', weight: 0, connections: 0, share: 0, expectedShare: 0 }]);
  });
});

describe('expectedShares', () => {
  const servers = [
    { name: 'c', weight: 0 },
    { name: 'b', weight: 1 },
    { name: 'a', weight: 3 },
  ];
  const cases = {
    rr: { c: 0, b: 0.5, a: 0.5 },
    wlc: { c: 0, b: 0.25, a: 0.75 },
    fo: { c: 0, b: 0, a: 1 },
    ovf: { c: 0, b: 0.2, a: 0.8 },
  } as const;
  for (const [scheduler, want] of Object.entries(cases)) {
    it(`follow the rule of ${scheduler}`, () => {
      const got = expectedShares(scheduler as keyof typeof cases, servers, 5);
      assert.deepEqual(Object.fromEntries(got), want);
    });
  }
});
