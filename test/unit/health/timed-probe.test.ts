import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Agenda } from '../../../src/health/agenda.js';
import { StallWatch } from '../../../src/health/stall-watch.js';
import { timedProbe } from '../../../src/health/timed-probe.js';
import type { Checker, ProbeResult } from '../../../src/health/types.js';
import { FakeClock } from '../../support/fake-clock.js';

const connected: ProbeResult = { ok: true, detail: 'connected' };
const refused: ProbeResult = { ok: false, reason: 'refused' };

function setup() {
  const clock = new FakeClock();
  const stalls = new StallWatch(clock, () => undefined);
  const agenda = new Agenda(clock, () => stalls.look());
  stalls.start();
  return { clock, stalls, agenda };
}

/** A probe under way whose server answers when the test says. */
function hangingProbe(time: ReturnType<typeof setup>, timeoutMs: number) {
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
  const timed = timedProbe(checker, timeoutMs, time, abort);
  return { timed, signal: abort.signal, answer: (result: ProbeResult) => answer(result) };
}

describe('timedProbe', () => {
  it('ends a silent probe when its time is over', async () => {
    const time = setup();
    const { timed } = hangingProbe(time, 1000);
    await time.clock.advanceAsync(1000);
    assert.deepEqual(await timed, {
      result: { ok: false, reason: 'timeout after 1s' },
      outcome: 'timeout',
      durationMs: 1000,
    });
    assert.equal(time.agenda.size, 0);
  });

  it('reads once more what has come when the timer is late, and gives no time back for that', async () => {
    for (const answers of [true, false]) {
      const time = setup();
      const { timed, answer } = hangingProbe(time, 50);
      await time.clock.advanceAsync(10);
      time.clock.stall(120);
      await time.clock.advanceAsync(1);
      if (answers) answer(connected);
      await time.clock.advanceAsync(9);
      assert.equal((await timed).outcome, answers ? 'success' : 'timeout');
      assert.equal(time.agenda.size, 0);
    }
  });

  it('takes no heed of a timer that is a little late', async () => {
    const time = setup();
    const { timed } = hangingProbe(time, 1000);
    await time.clock.advanceAsync(995);
    time.clock.stall(10);
    await time.clock.advanceAsync(0);
    assert.equal((await timed).outcome, 'timeout');
  });

  const stalls = [
    { name: 'over its end', beforeMs: 900, stallMs: 700 },
    { name: 'in its middle', beforeMs: 300, stallMs: 600 },
  ];
  for (const { name, beforeMs, stallMs } of stalls)
    it(`gives a probe back the time for which the director stood still ${name}`, async () => {
      const time = setup();
      const { timed, signal, answer } = hangingProbe(time, 1000);
      await time.clock.advanceAsync(beforeMs);
      time.clock.stall(stallMs);
      await time.clock.advanceAsync(1000 - beforeMs - 101);
      assert.equal(signal.aborted, false);
      answer(connected);
      assert.equal((await timed).outcome, 'success');
      assert.equal(time.agenda.size, 0);
    });

  it('ends a probe that stays silent for its time of a loop that turns', async () => {
    const time = setup();
    const { timed, signal } = hangingProbe(time, 1000);
    await time.clock.advanceAsync(400);
    time.clock.stall(500);
    await time.clock.advanceAsync(500);
    assert.equal(signal.aborted, false);
    await time.clock.advanceAsync(200);
    assert.deepEqual((await timed).result, { ok: false, reason: 'timeout after 1s' });
  });

  it('counts a good answer after a standstill of any length', async () => {
    const time = setup();
    const { timed, answer } = hangingProbe(time, 1000);
    await time.clock.advanceAsync(100);
    time.clock.stall(60_000);
    answer(connected);
    assert.equal((await timed).outcome, 'success');
  });

  it('says nothing of a server that failed a probe during which the director stood still for the timeout', async () => {
    for (const result of [refused, null]) {
      const time = setup();
      const { timed, answer } = hangingProbe(time, 1000);
      await time.clock.advanceAsync(100);
      time.clock.stall(5000);
      await time.clock.advanceAsync(0);
      if (result !== null) answer(result);
      await time.clock.advanceAsync(1000);
      const { outcome, result: told } = await timed;
      assert.equal(outcome, 'inconclusive');
      assert.match(
        told.ok === null ? told.reason : '',
        /^the director stood still for [45]\.\ds while it probed$/,
      );
    }
  });

  it('gives up a probe of a director that stands still again and again', async () => {
    const time = setup();
    const { timed, signal } = hangingProbe(time, 1000);
    for (let round = 0; round < 20 && !signal.aborted; round++) {
      time.clock.stall(900);
      await time.clock.advanceAsync(20);
    }
    assert.equal(signal.aborted, true);
    assert.equal((await timed).outcome, 'inconclusive');
  });

  it('calls a good result that comes with the timeout a timeout', async () => {
    const time = setup();
    const checker: Checker = {
      probe: (signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve(connected));
        }),
    };
    const timed = timedProbe(checker, 250, time, new AbortController());
    await time.clock.advanceAsync(250);
    assert.deepEqual((await timed).result, { ok: false, reason: 'timeout after 250ms' });
  });

  it('passes on that a probe could not be made', async () => {
    const time = setup();
    const checker: Checker = { probe: () => Promise.resolve({ ok: null, reason: 'EMFILE' }) };
    const { result, outcome } = await timedProbe(checker, 250, time, new AbortController());
    assert.deepEqual([result, outcome], [{ ok: null, reason: 'EMFILE' }, 'inconclusive']);
  });

  it('turns what a checker throws into a failure', async () => {
    const time = setup();
    const checker: Checker = {
      probe: () => {
        throw new TypeError('a bug');
      },
    };
    assert.deepEqual(await timedProbe(checker, 250, time, new AbortController()), {
      result: { ok: false, reason: 'a bug' },
      outcome: 'failure',
      durationMs: 0,
    });
    assert.equal(time.agenda.size, 0);
  });
});
