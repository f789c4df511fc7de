/** One probe for several services: each counts what separate probes, taken every n-th, would have told it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HealthRunner } from '../../../src/health/runner.js';
import type { Checker } from '../../../src/health/types.js';
import type { CheckTiming } from '../../../src/model/health-check.js';
import type { ServiceKey } from '../../../src/model/keys.js';
import type { VirtualService } from '../../../src/model/virtual-service.js';
import { FakeClock } from '../../support/fake-clock.js';
import { seededRandom } from '../../support/random.js';
import { keyOf, realServer, service, tcpCheck } from './support/fixtures.js';

const keys = Array.from({ length: 4 }, (_, index) => `tcp:192.0.2.${index + 1}:80` as ServiceKey);

function sharing(timings: readonly Partial<CheckTiming>[]): VirtualService[] {
  return timings.map((timing, index) => {
    const key = keys[index] ?? keys[0];
    return service(tcpCheck(timing), [realServer(1)], { name: `s${index + 1}`, ...(key && { key }) });
  });
}

/** One server that answers as a test says at each probe; notes when it was probed and what each service was told. */
function harness(answers: (nowMs: number) => boolean) {
  const clock = new FakeClock(0);
  const probes: { atMs: number; ok: boolean }[] = [];
  const taken: { service: string; atMs: number; countsAs: string; state: string }[] = [];
  const makeChecker = (): Checker => ({
    probe: () => {
      const ok = answers(clock.nowMs());
      probes.push({ atMs: clock.nowMs(), ok });
      return Promise.resolve(ok ? { ok, detail: 'connected' } : { ok, reason: 'refused' });
    },
  });
  const runner = new HealthRunner({
    clock,
    random: () => 0,
    phaseOf: () => 0,
    makeChecker,
    onVerdict: (key, _server, { state, countsAs }) =>
      taken.push({ service: key, atMs: clock.nowMs(), countsAs, state }),
  });
  const takenBy = (index: number) => taken.filter((each) => each.service === keys[index]);
  return { clock, probes, taken, takenBy, runner };
}

const always = (): boolean => true;

describe('a probe that several services share', () => {
  it('runs once, at the shortest interval; a longer one takes every n-th result', async () => {
    const { clock, probes, takenBy, runner } = harness(always);
    runner.configure(sharing([{ intervalMs: 2000 }, { intervalMs: 6000 }, { intervalMs: 5000 }]));
    await clock.advanceAsync(24_000);
    const times = probes.map(({ atMs }) => atMs);
    assert.deepEqual(
      times,
      Array.from({ length: 13 }, (_, index) => index * 2000),
    );
    assert.deepEqual(
      takenBy(0).map(({ atMs }) => atMs),
      times,
    );
    const every = (n: number) => times.filter((_, index) => index % n === 0);
    assert.deepEqual(
      takenBy(1).map(({ atMs }) => atMs),
      every(3),
    );
    assert.deepEqual(
      takenBy(2).map(({ atMs }) => atMs),
      every(2),
    );
    assert.deepEqual(runner.figures, { checks: 3, probes: 1, running: 0, waiting: 0 });
    await runner.close();
  });

  it('is another one for another port, timeout or question', async () => {
    const { clock, runner } = harness(always);
    const checks = [
      tcpCheck(),
      { ...tcpCheck(), port: 1 },
      { ...tcpCheck(), port: 2 },
      tcpCheck({ timeoutMs: 1 }),
    ];
    runner.configure([service([...checks, { ...tcpCheck(), send: 'x' }], [realServer(1)])]);
    await clock.advanceAsync(0);
    assert.deepEqual([runner.figures.checks, runner.figures.probes], [5, 4]);
    await runner.close();
  });

  it('gives a service that comes later a result soon and changes no one else’s rhythm', async () => {
    const { clock, takenBy, runner } = harness(always);
    const [first] = sharing([{ intervalMs: 10_000 }]);
    assert.ok(first);
    runner.configure([first]);
    await clock.advanceAsync(3000);
    const both = sharing([{ intervalMs: 10_000 }, { intervalMs: 10_000 }]);
    runner.configure([first, ...both.slice(1)]);
    await clock.advanceAsync(17_000);
    assert.deepEqual(
      takenBy(0).map(({ atMs }) => atMs),
      [0, 10_000, 20_000],
    );
    assert.deepEqual(
      takenBy(1).map(({ atMs }) => atMs),
      [3000, 10_000, 20_000],
    );
    await runner.close();
  });

  it('gives a service that comes later with a shorter interval its results at that, and the other one at its own', async () => {
    const { clock, takenBy, runner } = harness(always);
    const [slow, fast] = sharing([{ intervalMs: 60_000 }, { intervalMs: 2000 }]);
    assert.ok(slow && fast);
    runner.configure([slow]);
    await clock.advanceAsync(9000);
    runner.configure([slow, fast]);
    await clock.advanceAsync(59_000);
    const gaps = takenBy(1).map(({ atMs }, index, all) => atMs - (all[index - 1]?.atMs ?? 9000));
    assert.equal(gaps.length, 30);
    assert.ok(Math.max(...gaps) <= 2000, gaps.join(' '));
    const times = takenBy(0).map(({ atMs }) => atMs);
    assert.equal(times.length, 2);
    assert.ok((times[1] ?? 0) > 58_000 && (times[1] ?? 0) <= 60_000, times.join(' '));
    await runner.close();
  });

  it('goes by fast_interval from the first result after an edit on', async () => {
    let failing = false;
    const { clock, takenBy, runner } = harness(() => !failing);
    const timing = { intervalMs: 60_000, fastIntervalMs: 1000, fall: 3 };
    runner.configure(sharing([timing]));
    await clock.advanceAsync(20_000);
    failing = true;
    runner.configure(sharing([{ ...timing, jitter: 0.2 }]));
    await clock.advanceAsync(5000);
    assert.equal(takenBy(0).at(-1)?.state, 'down');
    await runner.close();
  });

  it('slows down when the one with the shortest interval leaves', async () => {
    const { clock, probes, runner } = harness(always);
    const [fast, slow] = sharing([{ intervalMs: 1000 }, { intervalMs: 5000 }]);
    assert.ok(fast && slow);
    runner.configure([fast, slow]);
    await clock.advanceAsync(5500);
    runner.configure([slow]);
    await clock.advanceAsync(9500);
    assert.deepEqual(
      probes.map(({ atMs }) => atMs),
      [0, 1000, 2000, 3000, 4000, 5000, 10_000, 15_000],
    );
    runner.configure([]);
    assert.equal(clock.pending, 0);
    await runner.close();
  });

  it('goes by fast_interval while a verdict changes and by down_interval while it is down', async () => {
    const { clock, probes, runner } = harness((nowMs) => nowMs < 5000 || nowMs >= 31_000);
    const timing = { intervalMs: 5000, fastIntervalMs: 500, downIntervalMs: 10_000, fall: 3, rise: 2 };
    runner.configure(sharing([timing]));
    await clock.advanceAsync(42_000);
    // Fails at 5.0, 5.5 and 6.0; is down; good at 36.0 and 36.5.
    assert.deepEqual(
      probes.map(({ atMs }) => atMs / 1000),
      [0, 5, 5.5, 6, 16, 26, 36, 36.5, 41.5],
    );
    await runner.close();
  });

  it('lets nobody wait longer than its interval when the pace of another falls back', async () => {
    let failing = false;
    const { clock, takenBy, runner } = harness(() => !failing);
    runner.configure(
      sharing([
        { intervalMs: 2000, fastIntervalMs: 300, fall: 100 },
        { intervalMs: 10_000, fall: 100 },
      ]),
    );
    const random = seededRandom(5);
    for (let round = 0; round < 150; round++) {
      failing = random.chance(0.5);
      await clock.advanceAsync(random.int(100, 3000));
    }
    const times = takenBy(1).map(({ atMs }) => atMs);
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    assert.ok(gaps.length > 15);
    assert.ok(Math.max(...gaps) <= 10_000, `${Math.max(...gaps)}`);
    assert.ok(Math.min(...gaps) > 10_000 - 2 * 2000, `${Math.min(...gaps)}`);
    await runner.close();
  });
});

/** Who counts what, told from the whole history of probes at each step. Shares nothing with what it judges. */
class SlowReference {
  readonly #timings: readonly CheckTiming[];
  /** By service: the probes that it took, by number. */
  readonly #took: number[][];
  readonly #gaps: number[] = [];
  readonly #results: boolean[] = [];

  constructor(timings: readonly CheckTiming[]) {
    this.#timings = timings;
    this.#took = timings.map(() => []);
  }

  /** @returns when the next probe is due after this one, and which services took the result */
  probe(ok: boolean): { nextMs: number; takers: number[] } {
    const number = this.#results.push(ok) - 1;
    const takers: number[] = [];
    let more = true;
    while (more) {
      const pace = this.#pace();
      const due = this.#timings.flatMap((_, index) =>
        !takers.includes(index) && this.#isDue(index, number, pace) ? [index] : [],
      );
      for (const index of due) this.#took[index]?.push(number);
      takers.push(...due);
      more = due.length > 0;
    }
    const nextMs = this.#pace();
    this.#gaps.push(nextMs);
    return { nextMs, takers };
  }

  #isDue(index: number, number: number, pace: number): boolean {
    const last = this.#took[index]?.at(-1);
    if (last === undefined) return true;
    let sinceMs = 0;
    for (let each = last; each < number; each++) sinceMs += this.#gaps[each] ?? 0;
    return sinceMs + pace > this.#interval(index);
  }

  #pace(): number {
    return Math.min(...this.#timings.map((_, index) => this.#interval(index)));
  }

  #interval(index: number): number {
    const { intervalMs, fastIntervalMs, downIntervalMs } = this.#timings[index] ?? fail();
    const { countsAs, changing } = this.standing(index);
    if (changing) return fastIntervalMs;
    return countsAs === 'up' ? intervalMs : downIntervalMs;
  }

  /** From the results that the service took: the last unbroken row decides, when it is long enough. */
  standing(index: number): { countsAs: 'up' | 'down'; changing: boolean } {
    const { rise, fall } = this.#timings[index] ?? fail();
    const results = (this.#took[index] ?? []).map((number) => this.#results[number] === true);
    let up = true;
    for (const end of results.keys()) {
      const row = results.slice(Math.max(0, end + 1 - (up ? fall : rise)), end + 1);
      const longEnough = row.length === (up ? fall : rise);
      if (longEnough && row.every((ok) => ok !== up)) up = !up;
    }
    return { countsAs: up ? 'up' : 'down', changing: results.length > 0 && results.at(-1) !== up };
  }
}

function fail(): never {
  throw new Error('no such service');
}

describe('sharing, over long random histories', () => {
  it('tells each service what the slow reference does, at the same time', async () => {
    const random = seededRandom(77);
    let took = 0;
    for (let round = 0; round < 25; round++) {
      const timings = Array.from({ length: random.int(1, 4) }, () => ({
        ...tcpCheck().timing,
        intervalMs: random.int(4, 60) * 100,
        fastIntervalMs: random.int(2, 20) * 100,
        downIntervalMs: random.int(4, 90) * 100,
        rise: random.int(1, 4),
        fall: random.int(1, 4),
      }));
      const answers: boolean[] = [];
      const { clock, taken, probes, runner } = harness(() => {
        const before = answers.at(-1) ?? true;
        const ok = random.chance(0.3) ? !before : before;
        answers.push(ok);
        return ok;
      });
      runner.configure(sharing(timings));
      await clock.advanceAsync(40_000);
      const reference = new SlowReference(timings);
      let atMs = 0;
      let from = 0;
      for (const [number, probe] of probes.entries()) {
        assert.equal(probe.atMs, atMs, `probe ${number} of round ${round}`);
        const { nextMs, takers } = reference.probe(answers[number] === true);
        const told = taken.slice(from, from + takers.length);
        from += takers.length;
        assert.deepEqual(
          told.map((each) => keys.indexOf(each.service as ServiceKey)).sort(),
          [...takers].sort(),
        );
        for (const each of told) {
          assert.equal(each.atMs, atMs);
          const { countsAs } = reference.standing(keys.indexOf(each.service as ServiceKey));
          assert.equal(each.countsAs, countsAs);
          took++;
        }
        atMs += nextMs;
      }
      assert.equal(from, taken.length);
      await runner.close();
    }
    assert.ok(took > 1000, `${took}`);
  });

  it('lets no rhythm of flapping pass the guard of rise and fall', async () => {
    const random = seededRandom(78);
    let changes = 0;
    for (let round = 0; round < 30; round++) {
      const periodMs = random.int(200, 20_000);
      const share = random.next();
      const timings = Array.from({ length: random.int(1, 3) }, () => ({
        intervalMs: random.int(5, 50) * 100,
        fastIntervalMs: random.int(2, 20) * 100,
        downIntervalMs: random.int(5, 80) * 100,
        rise: random.int(1, 4),
        fall: random.int(1, 4),
      }));
      const { clock, probes, takenBy, runner } = harness((nowMs) => nowMs % periodMs < share * periodMs);
      runner.configure(sharing(timings));
      await clock.advanceAsync(60_000);
      const results = new Map(probes.map(({ atMs, ok }) => [atMs, ok]));
      for (const [index, { rise, fall }] of timings.entries()) {
        const told = takenBy(index);
        told.forEach(({ countsAs }, place) => {
          const before = told[place - 1]?.countsAs ?? 'up';
          if (countsAs === before) return;
          const row = told.slice(Math.max(0, place + 1 - (countsAs === 'up' ? rise : fall)), place + 1);
          assert.equal(row.length, countsAs === 'up' ? rise : fall);
          assert.ok(row.every(({ atMs }) => results.get(atMs) === (countsAs === 'up')));
          changes++;
        });
      }
      assert.equal(runner.verdict(keys[0] ?? fail(), keyOf(1))?.checkedAtMs, takenBy(0).at(-1)?.atMs);
      await runner.close();
    }
    assert.ok(changes > 60, `${changes}`);
  });
});
