import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { StallWatch, type Stall } from '../../../src/health/stall-watch.js';
import { FakeClock } from '../../support/fake-clock.js';

function setup() {
  const clock = new FakeClock(5000);
  const stalls: Stall[] = [];
  const watch = new StallWatch(clock, (stall) => stalls.push(stall));
  watch.start();
  return { clock, watch, stalls };
}

describe('StallWatch', () => {
  it('takes time in which the loop turns for what it is', () => {
    const { clock, watch, stalls } = setup();
    clock.advance(60_000);
    assert.equal(watch.turnedMs(), 60_000);
    assert.deepEqual(stalls, []);
  });

  it('does not count a standstill as time in which the loop turned, and tells of one of a second', () => {
    const { clock, watch, stalls } = setup();
    clock.advance(1000);
    clock.stall(5000);
    clock.advance(0);
    assert.equal(watch.turnedMs(), 1000);
    assert.deepEqual(stalls, [{ atMs: 11_000, durationMs: 5000 }]);
    clock.advance(500);
    assert.equal(watch.turnedMs(), 1500);
  });

  it('says nothing of a short one, and nothing is lost by the usual unrest', () => {
    const { clock, watch, stalls } = setup();
    for (let round = 0; round < 100; round++) {
      clock.advance(100);
      clock.stall(40);
    }
    clock.advance(0);
    assert.equal(watch.turnedMs(), 14_000);
    clock.stall(900);
    clock.advance(0);
    assert.ok(watch.turnedMs() <= 14_000);
    assert.deepEqual(stalls, []);
  });

  it('is told once, whoever looks first', () => {
    const { clock, watch, stalls } = setup();
    clock.stall(3000);
    watch.look();
    watch.look();
    clock.advance(1000);
    assert.equal(stalls.length, 1);
  });

  it('takes the wall clock for nothing', () => {
    const { clock, watch, stalls } = setup();
    clock.jumpWall(3_600_000);
    clock.advance(1000);
    clock.jumpWall(-7_200_000);
    clock.advance(1000);
    assert.equal(watch.turnedMs(), 2000);
    assert.deepEqual(stalls, []);
  });

  it('rests, and takes no rest for a standstill', () => {
    const { clock, watch, stalls } = setup();
    watch.stop();
    watch.stop();
    assert.equal(clock.pending, 0);
    clock.stall(9000);
    watch.look();
    watch.start();
    clock.advance(200);
    assert.deepEqual(stalls, []);
  });
});
