import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inTurns, takeTurns } from '../../../src/base/take-turns.js';
import { FakeClock, settle } from '../../support/fake-clock.js';

describe('takeTurns', () => {
  it('lets the loop turn after three milliseconds, and then after three more', async () => {
    const clock = new FakeClock();
    const turn = takeTurns(clock);
    for (let times = 0; times < 2; times++) {
      clock.advance(2.9);
      await turn();
      clock.advance(0.2);
      let turned = false;
      void turn().then(() => (turned = true));
      await settle();
      assert.equal(turned, false);
      assert.equal(clock.pending, 1);
      clock.advance(0);
      await settle();
      assert.equal(turned, true);
      assert.equal(clock.pending, 0);
    }
  });
});

describe('inTurns', () => {
  it('gives every value, and lets the loop turn though the reader never waits', async () => {
    const clock = new FakeClock();
    const values = Array.from({ length: 300 }, (_, index) => index);
    const seen: number[] = [];
    const reading = (async () => {
      for await (const value of inTurns(values, clock)) {
        clock.advance(0.05);
        seen.push(value);
      }
    })();
    const seenAtTurns: number[] = [];
    for (let turn = 0; turn < 4; turn++) {
      for (let wait = 0; wait < 50; wait++) await settle();
      seenAtTurns.push(seen.length);
      clock.advance(0);
    }
    await reading;
    assert.deepEqual(seenAtTurns, [64, 128, 192, 256]);
    assert.deepEqual(seen, values);
  });
});
