import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { takeTurns } from '../../../src/base/take-turns.js';
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
