import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Clock } from '../../../src/base/clock.js';
import { timedProbe } from '../../../src/health/timed-probe.js';
import type { Checker, ProbeResult } from '../../../src/health/types.js';
import { settle } from '../../support/fake-clock.js';

/** A clock of one timer, which fires when the test says, however late. */
class LateClock implements Clock {
  #nowMs = 0;
  #callback: (() => void) | null = null;
  /** Delay of the timer that is set. */
  askedMs = 0;

  wallMs(): number {
    return this.#nowMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, callback: () => void) {
    this.askedMs = delayMs;
    this.#callback = callback;
    return { cancel: () => void (this.#callback = null) };
  }

  get armed(): boolean {
    return this.#callback !== null;
  }

  fireAt(nowMs: number): void {
    this.#nowMs = nowMs;
    const callback = this.#callback;
    this.#callback = null;
    callback?.();
  }
}

/** A probe under way whose server answers when the test says. */
function hangingProbe(clock: Clock, timeoutMs: number) {
  let answer: (result: ProbeResult) => void = () => undefined;
  const abort = new AbortController();
  const checker: Checker = {
    probe: (signal) =>
      new Promise((resolve) => {
        answer = resolve;
        signal.addEventListener('abort', () =>
          resolve({ ok: false, reason: (signal.reason as Error).message }),
        );
      }),
  };
  const timed = timedProbe(checker, timeoutMs, clock, abort);
  return { timed, signal: abort.signal, answer: (result: ProbeResult) => answer(result) };
}

describe('timedProbe', () => {
  it('ends a silent probe when its time is over, be the timer a little late', async () => {
    const clock = new LateClock();
    const { timed } = hangingProbe(clock, 1000);
    clock.fireAt(1020);
    assert.deepEqual(await timed, {
      result: { ok: false, reason: 'timeout after 1s' },
      outcome: 'timeout',
      durationMs: 1020,
    });
    assert.equal(clock.armed, false);
  });

  it('gives a probe back the time for which the director itself stood still', async () => {
    const clock = new LateClock();
    const { timed, signal, answer } = hangingProbe(clock, 1000);
    clock.fireAt(1700);
    assert.equal(signal.aborted, false);
    assert.equal(clock.askedMs, 700);
    answer({ ok: true, detail: 'connected' });
    assert.deepEqual(await timed, {
      result: { ok: true, detail: 'connected' },
      outcome: 'success',
      durationMs: 1700,
    });
    assert.equal(clock.armed, false);
  });

  it('gives back no more than one timeout, and only once', async () => {
    const clock = new LateClock();
    const { timed, signal } = hangingProbe(clock, 1000);
    clock.fireAt(9000);
    assert.equal(signal.aborted, false);
    assert.equal(clock.askedMs, 1000);
    clock.fireAt(15_000);
    assert.equal(signal.aborted, true);
    assert.equal((await timed).outcome, 'timeout');
  });

  it('calls a good result that comes with the timeout a timeout', async () => {
    const clock = new LateClock();
    const checker: Checker = {
      probe: (signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve({ ok: true, detail: 'connected' }));
        }),
    };
    const timed = timedProbe(checker, 250, clock, new AbortController());
    clock.fireAt(250);
    await settle();
    assert.deepEqual((await timed).result, { ok: false, reason: 'timeout after 250ms' });
  });

  it('turns what a checker throws into a failure', async () => {
    const checker: Checker = {
      probe: () => {
        throw new TypeError('a bug');
      },
    };
    const clock = new LateClock();
    assert.deepEqual(await timedProbe(checker, 250, clock, new AbortController()), {
      result: { ok: false, reason: 'a bug' },
      outcome: 'failure',
      durationMs: 0,
    });
    assert.equal(clock.armed, false);
  });
});
