import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ANNOUNCE_GAP_MS, Announcements } from '../../../src/ha/announcements.js';
import { PACE_MS, Pacer, PIECES_PER_TURN } from '../../../src/ha/pacer.js';
import type { Announcing, InstanceAddress } from '../../../src/model/vrrp-instance.js';
import { FakeClock } from '../../support/fake-clock.js';
import { vip } from '../../support/vrrp-instance.js';

const ADDRESS = vip('192.0.2.10/24');
const PLAN: Announcing = { volley: 3, againMs: 5000, refreshMs: null };

/** What was announced, and when. */
class Bench {
  readonly clock = new FakeClock();
  readonly said: { readonly atMs: number; readonly count: number }[] = [];
  readonly announcements: Announcements;
  held: readonly InstanceAddress[];
  wakes = 0;

  constructor(plan: Partial<Announcing> = {}, held: readonly InstanceAddress[] = [ADDRESS]) {
    this.held = held;
    this.announcements = new Announcements(
      { ...PLAN, ...plan },
      {
        clock: this.clock,
        pacer: new Pacer(this.clock),
        onWake: () => (this.wakes += 1),
        held: () => this.held,
        announce: ({ length }) => {
          if (length > 0) this.said.push({ atMs: this.clock.nowMs(), count: length });
        },
      },
    );
  }

  /** Addresses announced since this was asked last, by the moment. */
  take(): readonly (readonly [atMs: number, count: number])[] {
    const byMoment = new Map<number, number>();
    for (const { atMs, count } of this.said.splice(0)) byMoment.set(atMs, (byMoment.get(atMs) ?? 0) + count);
    return [...byMoment];
  }
}

describe('announcements of an instance', () => {
  it('are a volley, another one after a while, and nothing more', () => {
    const bench = new Bench();
    bench.announcements.begin(bench.held);
    bench.clock.advance(3_600_000);
    assert.deepEqual(bench.take(), [
      [0, 3],
      [5000, 3],
    ]);
    assert.equal(bench.clock.pending, 0);
  });

  it('are repeated for as long as the addresses are held, when the plan says so', () => {
    const bench = new Bench({ refreshMs: 60_000 });
    bench.announcements.begin(bench.held);
    bench.clock.advance(190_000);
    assert.deepEqual(bench.take(), [
      [0, 3],
      [5000, 3],
      [65_000, 1],
      [125_000, 1],
      [185_000, 1],
    ]);
    bench.announcements.stop();
    bench.clock.advance(3_600_000);
    assert.deepEqual([bench.take(), bench.clock.pending], [[], 0]);
  });

  it('have no second volley when the plan has none', () => {
    const bench = new Bench({ againMs: null });
    bench.announcements.begin(bench.held);
    bench.clock.advance(3_600_000);
    assert.deepEqual(bench.take(), [[0, 3]]);
  });

  it('follow another plan from the moment of a reload on', () => {
    const bench = new Bench({ againMs: 60_000 });
    bench.announcements.begin(bench.held);
    bench.clock.advance(1000);
    bench.take();
    bench.announcements.reconfigure({ volley: 2, againMs: 3000, refreshMs: 10_000 });
    bench.clock.advance(13_000);
    assert.deepEqual(bench.take(), [
      [3000, 2],
      [13_000, 1],
    ]);
    bench.announcements.reconfigure({ volley: 2, againMs: null, refreshMs: null });
    bench.clock.advance(3_600_000);
    assert.deepEqual([bench.take(), bench.clock.pending], [[], 0]);
  });

  it('are not begun by a reload of one that holds nothing', () => {
    const bench = new Bench();
    bench.announcements.reconfigure({ volley: 2, againMs: 3000, refreshMs: 10_000 });
    bench.clock.advance(3_600_000);
    assert.deepEqual([bench.take(), bench.clock.pending], [[], 0]);
  });

  it('that are demanded too soon come when it is time, all that are held', () => {
    const bench = new Bench({ volley: 1 });
    bench.announcements.begin(bench.held);
    bench.clock.advance(100);
    bench.announcements.demand();
    bench.announcements.demand();
    bench.held = [ADDRESS, vip('192.0.2.11/24')];
    bench.clock.advance(ANNOUNCE_GAP_MS);
    assert.deepEqual(bench.take(), [
      [0, 1],
      [ANNOUNCE_GAP_MS, 2],
    ]);
  });

  it('are not of addresses that have gone meanwhile', () => {
    const addresses = Array.from({ length: 2 * PIECES_PER_TURN }, (_, index) =>
      vip(`10.0.0.${index + 1}/24`),
    );
    const bench = new Bench({ volley: 1, againMs: null }, addresses);
    bench.announcements.begin(addresses);
    bench.held = [];
    bench.clock.advance(1000);
    assert.deepEqual(bench.take(), [[0, PIECES_PER_TURN]]);
  });

  it('of many addresses are spread, each once before any is repeated', () => {
    const addresses = Array.from({ length: 255 }, (_, index) => vip(`10.0.0.${index}/24`));
    const bench = new Bench({ volley: 5, againMs: null }, addresses);
    bench.announcements.begin(addresses);
    bench.clock.advance(1000);
    const turns = bench.take();
    assert.equal(
      turns.reduce((sum, [, count]) => sum + count, 0),
      5 * 255,
    );
    for (const [atMs, count] of turns) assert.ok(count <= PIECES_PER_TURN, `${count} at ${atMs} ms`);
    const lastMs = turns.at(-1)?.[0] ?? NaN;
    assert.ok(lastMs <= Math.ceil((5 * 255) / PIECES_PER_TURN) * PACE_MS, `${lastMs} ms`);
    assert.ok(bench.wakes > 0, 'who stood still between two turns is asked first');
  });
});
