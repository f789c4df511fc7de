import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { realClock } from '../../../src/base/clock.js';

describe('realClock', () => {
  it('calls back in the next turn where the delay is 0', async () => {
    const order: string[] = [];
    await new Promise<void>((resolve) => {
      realClock.after(
        1,
        () => {
          order.push('timer');
          resolve();
        },
        { ref: true },
      );
      realClock.after(0, () => order.push('turn'), { ref: true });
      order.push('now');
    });
    assert.deepEqual([order[0], order.includes('turn')], ['now', true]);
  });

  it('does not call back what was cancelled, of either kind', async () => {
    const called: number[] = [];
    const timers = [0, 1].map((delayMs) => realClock.after(delayMs, () => called.push(delayMs)));
    for (const timer of timers) timer.cancel();
    await new Promise<void>((resolve) => void realClock.after(5, resolve, { ref: true }));
    assert.deepEqual(called, []);
    for (const timer of timers) timer.cancel();
  });
});
