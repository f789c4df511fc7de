import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DrainDeadlines } from '../../../src/controller/drain-deadlines.js';
import { FakeClock } from '../../support/fake-clock.js';

const HOUR = 3_600_000;
const FIVE_MINUTES = 300_000;

/** A drain of five minutes that begins now. */
function begun() {
  const clock = new FakeClock();
  const deadlines = new DrainDeadlines(clock);
  const sinceMs = clock.wallMs();
  const time = { sinceMs, deadlineMs: sinceMs + FIVE_MINUTES };
  const leftMs = (of = time, name = 'web'): number => deadlines.dueMs(name, of) - clock.nowMs();
  return { clock, deadlines, time, leftMs };
}

describe('deadlines of drains', () => {
  it('come when the time is over', () => {
    const { clock, leftMs } = begun();
    assert.equal(leftMs(), FIVE_MINUTES);
    clock.advance(60_000);
    assert.equal(leftMs(), FIVE_MINUTES - 60_000);
    clock.advance(FIVE_MINUTES);
    assert.ok(leftMs() < 0);
  });

  it('never come without one', () => {
    const { deadlines, time } = begun();
    assert.equal(deadlines.dueMs('web', { ...time, deadlineMs: null }), Number.POSITIVE_INFINITY);
    assert.equal(deadlines.moved('web', { ...time, deadlineMs: null }), null);
  });

  for (const [what, byMs] of [
    ['forward', HOUR],
    ['back', -HOUR],
  ] as const)
    it(`stay where they are when the clock is set ${what}, and are told by the new clock`, () => {
      const { clock, deadlines, time, leftMs } = begun();
      assert.equal(leftMs(), FIVE_MINUTES);
      clock.advance(100_000);
      clock.jumpWall(byMs);
      const moved = deadlines.moved('web', time);
      assert.deepEqual(moved, { sinceMs: time.sinceMs + byMs, deadlineMs: time.deadlineMs + byMs });
      assert.equal(leftMs(moved), FIVE_MINUTES - 100_000);
      assert.equal(deadlines.moved('web', moved), null);
    });

  it('do not follow a clock that is only kept right', () => {
    const { clock, deadlines, time, leftMs } = begun();
    leftMs();
    clock.jumpWall(900);
    assert.equal(deadlines.moved('web', time), null);
    assert.equal(leftMs(), FIVE_MINUTES);
  });

  it('have passed when they passed while lvsd was stopped', () => {
    const { clock, time, leftMs } = begun();
    clock.jumpWall(HOUR);
    assert.equal(leftMs(), 0);
    assert.equal(leftMs(time, 'another'), 0);
  });

  it('never are farther off than they were given, also when the clock went back while lvsd was stopped', () => {
    const { clock, deadlines, time, leftMs } = begun();
    clock.jumpWall(-24 * HOUR);
    assert.equal(leftMs(), FIVE_MINUTES);
    const moved = deadlines.moved('web', time);
    assert.equal(moved?.deadlineMs, clock.wallMs() + FIVE_MINUTES);
  });

  it('are judged anew when another one is given, and when a drain of that name begins again', () => {
    const { clock, deadlines, time, leftMs } = begun();
    leftMs();
    clock.advance(1000);
    assert.equal(leftMs({ ...time, deadlineMs: time.deadlineMs + 1000 }), FIVE_MINUTES);
    deadlines.keep(new Set());
    clock.jumpWall(HOUR);
    assert.equal(leftMs(), 0);
  });
});
