import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Random } from '../../../src/base/clock.js';
import { phaseOf } from '../../../src/health/spread.js';
import { HealthRunner, type HealthRunnerOptions } from '../../../src/health/runner.js';
import type { ActiveCheck, Checker, ProbeOutcome } from '../../../src/health/types.js';
import { FakeClock, settle } from '../../support/fake-clock.js';
import { seededRandom } from '../../support/random.js';
import { FakePool, keyOf, realServer, service, shop, tcpCheck } from './support/fixtures.js';

function randomOf(seed: number): Random {
  const random = seededRandom(seed);
  return () => random.next();
}

const NONE: readonly ActiveCheck[] = [];

/** A runner over a fake pool, in which first probes come after half a second. */
function harness(options: Partial<HealthRunnerOptions> = {}) {
  const clock = new FakeClock(0);
  const pool = new FakePool();
  /** Every verdict told, and those of them that changed a state (unknown, which passes for up, before the first). */
  const told: string[] = [];
  const verdicts: string[] = [];
  const states = new Map<string, string>();
  const observed: string[] = [];
  const runner = new HealthRunner({
    clock,
    random: () => 0,
    phaseOf: () => 0.5,
    makeChecker: pool.makeChecker,
    onVerdict: (_service, server, { state, reason }) => {
      told.push(`${server} ${state}: ${reason}`);
      const before = states.get(server) ?? 'unknown';
      if (state !== before && (before !== 'unknown' || state === 'down'))
        verdicts.push(`${server} ${state}: ${reason}`);
      states.set(server, state);
    },
    observer: {
      probed: (ofService: string, server: string, outcome: ProbeOutcome, durationMs: number) =>
        observed.push(`${ofService}/${server} ${outcome} ${durationMs}`),
      forgotten: (ofService: string, server: string) => observed.push(`${ofService}/${server} forgotten`),
    },
    ...options,
  });
  const verdict = (port: number) => runner.verdict(shop, keyOf(port));
  return { clock, pool, told, verdicts, observed, runner, verdict };
}

describe('HealthRunner', () => {
  it('knows nothing of a new server before it was checked, and counts it as up', async () => {
    const { runner, verdict, verdicts, clock } = harness();
    runner.configure([service(tcpCheck(), [realServer(1)])]);
    assert.deepEqual(verdict(1), {
      state: 'unknown',
      countsAs: 'up',
      reason: 'not checked yet',
      sinceMs: 0,
      checkedAtMs: null,
    });
    await clock.advanceAsync(500);
    assert.deepEqual(verdict(1), {
      state: 'up',
      countsAs: 'up',
      reason: 'connected',
      sinceMs: 500,
      checkedAtMs: 500,
    });
    assert.deepEqual(verdicts, []);
    await runner.close();
  });

  it('probes first within a second and then once an interval', async () => {
    const { runner, clock, pool } = harness();
    runner.configure([service(tcpCheck(), [realServer(1)])]);
    const times: number[] = [];
    for (let ms = 0; ms < 7000; ms += 100) {
      await clock.advanceAsync(100);
      if (pool.probes.length > times.length) times.push(clock.nowMs());
    }
    assert.deepEqual(times, [500, 2500, 4500, 6500]);
    await runner.close();
  });

  it('spreads the first probes of many servers over a second, or over a shorter interval', async () => {
    for (const [intervalMs, spreadMs] of [
      [2000, 1000],
      [400, 400],
    ] as const) {
      const { runner, clock, pool } = harness({ phaseOf });
      const servers = Array.from({ length: 100 }, (_, index) => realServer(index + 1));
      runner.configure([service(tcpCheck({ intervalMs }), servers)]);
      await clock.advanceAsync(spreadMs / 2);
      assert.ok(
        pool.probes.length > 30 && pool.probes.length < 70,
        `${pool.probes.length} in the first half`,
      );
      await clock.advanceAsync(spreadMs / 2);
      assert.equal(new Set(pool.probes).size, 100);
      await runner.close();
    }
  });

  it('shortens intervals by jitter, and lengthens none', async () => {
    const clock = new FakeClock();
    const times: number[] = [];
    const makeChecker = (): Checker => ({
      probe: () => {
        times.push(clock.nowMs());
        return Promise.resolve({ ok: true, detail: 'connected' });
      },
    });
    const { runner } = harness({ clock, random: randomOf(2), makeChecker });
    runner.configure([service(tcpCheck({ intervalMs: 1000, jitter: 0.2 }), [realServer(1)])]);
    await clock.advanceAsync(60_000);
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    assert.ok(gaps.every((gap) => gap >= 799.9 && gap <= 1000.1));
    assert.ok(gaps.length > 50);
    assert.ok(Math.min(...gaps) < 820 && Math.max(...gaps) > 980);
    await runner.close();
  });

  it('tells of a dead server within its row of intervals, whatever the jitter', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const { runner, clock, pool, verdict } = harness({ random: randomOf(seed) });
      runner.configure([service(tcpCheck({ intervalMs: 1000, jitter: 0.5, fall: 3 }), [realServer(1)])]);
      await clock.advanceAsync(10_000 + 97 * seed);
      pool.failing.add(1);
      await clock.advanceAsync(3 * 1000);
      assert.equal(verdict(1)?.state, 'down', `seed ${seed}`);
      await runner.close();
    }
  });

  it('asks 2,000 servers in their rhythm from the start, and knows of each', async () => {
    const servers = Array.from({ length: 2000 }, (_, index) => realServer(index + 1));
    for (const silent of [false, true]) {
      // As docs/health.md has it for so many, all of them silent.
      const limits = { maxProbes: 1100, maxRate: 10_000 };
      const late: number[] = [];
      const observer = {
        began: (lateMs: number) => late.push(lateMs),
        probed: () => undefined,
        forgotten: () => undefined,
      };
      const { runner, clock, pool, told } = harness({ phaseOf, limits, observer });
      if (silent) for (const { port } of servers) pool.hanging.add(port);
      runner.configure([
        service(tcpCheck({ intervalMs: 2000, timeoutMs: 1000, jitter: 0, fall: 1 }), servers),
      ]);
      await clock.advanceAsync(7000);
      const known = silent ? 'down' : 'up';
      assert.ok(told.length >= 2 * 2000);
      assert.deepEqual(
        told.filter((words) => !words.includes(` ${known}: `)),
        [],
      );
      assert.equal(new Set(pool.probes).size, 2000);
      assert.ok(Math.abs(pool.probes.length - 3.5 * 2000) < 150, `${pool.probes.length} probes`);
      assert.ok(pool.mostRunning < (silent ? 1101 : 10), `${pool.mostRunning} at once`);
      assert.ok(Math.max(...late) < 50, `late by ${Math.max(...late)} ms`);
      await runner.close();
    }
  });

  it('lets a probe that begins late delay none that comes after it', async () => {
    const clock = new FakeClock();
    const times: number[] = [];
    const makeChecker = (): Checker => ({
      probe: () => {
        times.push(clock.nowMs());
        return Promise.resolve({ ok: true, detail: 'connected' });
      },
    });
    const { runner } = harness({ clock, makeChecker, phaseOf: () => 0.5 });
    runner.configure([service(tcpCheck({ intervalMs: 1000, jitter: 0 }), [realServer(1)])]);
    await clock.advanceAsync(2400);
    clock.stall(400);
    await clock.advanceAsync(1400);
    clock.stall(990);
    await clock.advanceAsync(1000);
    // Late by 300 ms, then in time again; late by 690 ms: the next one after half an interval, not sooner.
    assert.deepEqual(times.map(Math.round), [500, 1500, 2800, 3500, 5190, 5690]);
    await runner.close();
  });

  it('takes a server down after fall and up after rise', async () => {
    const { runner, clock, pool, verdicts, verdict } = harness();
    pool.failing.add(1);
    runner.configure([service(tcpCheck(), [realServer(1), realServer(2)])]);
    await clock.advanceAsync(4499);
    assert.equal(verdict(1)?.reason, 'failed 2 of 3: refused');
    await clock.advanceAsync(1);
    assert.deepEqual(verdicts, ['10.0.0.1:1 down: refused']);
    assert.deepEqual(verdict(1), {
      state: 'down',
      countsAs: 'down',
      reason: 'refused',
      sinceMs: 4500,
      checkedAtMs: 4500,
    });
    pool.failing.clear();
    await clock.advanceAsync(4000);
    assert.deepEqual(verdicts.slice(1), ['10.0.0.1:1 up: connected']);
    await runner.close();
  });

  it('goes on from a verdict that an earlier director left, until rise results in a row change it', async () => {
    const { runner, clock, verdict, told } = harness();
    const left = {
      state: 'down',
      countsAs: 'down',
      reason: 'refused',
      sinceMs: -90_000,
      checkedAtMs: -3_000,
    } as const;
    const remembered = (ofService: string, key: string) =>
      ofService === shop && key === keyOf(1) ? left : null;
    const services = [service(tcpCheck(), [realServer(1), realServer(2)])];
    runner.configure(services, remembered);
    assert.deepEqual(verdict(1), left);
    assert.equal(verdict(2)?.state, 'unknown');
    assert.deepEqual(told, []);
    await clock.advanceAsync(500);
    assert.deepEqual(verdict(1), {
      state: 'down',
      countsAs: 'down',
      reason: 'good 1 of 2: connected',
      sinceMs: -90_000,
      checkedAtMs: 500,
    });
    await clock.advanceAsync(2000);
    assert.deepEqual(verdict(1), {
      state: 'up',
      countsAs: 'up',
      reason: 'connected',
      sinceMs: 2500,
      checkedAtMs: 2500,
    });
    runner.configure(services, remembered);
    assert.equal(verdict(1)?.state, 'up');
    await runner.close();
  });

  it('goes on from what a server of which nobody knew counted as, and leaves alone what is not checked', async () => {
    const { runner, clock, verdict } = harness();
    const left = { countsAs: 'down', reason: 'x', sinceMs: 1, checkedAtMs: 1 } as const;
    runner.configure([service(tcpCheck(), [realServer(1)])], () => ({ ...left, state: 'unknown' }));
    assert.deepEqual(verdict(1), { ...left, state: 'unknown' });
    await clock.advanceAsync(500);
    assert.deepEqual(
      [verdict(1)?.state, verdict(1)?.countsAs, verdict(1)?.reason],
      ['unknown', 'down', 'good 1 of 2: connected'],
    );
    await clock.advanceAsync(2000);
    assert.equal(verdict(1)?.state, 'up');
    runner.configure([service(NONE, [realServer(2)])], () => ({ ...left, state: 'down' }));
    assert.equal(verdict(2)?.state, 'up');
    await runner.close();
  });

  it('aborts a probe at its timeout and counts a failure with the reason', async () => {
    const { runner, clock, pool, verdict, observed } = harness();
    pool.hanging.add(1);
    runner.configure([service(tcpCheck({ fall: 1 }), [realServer(1)])]);
    await clock.advanceAsync(1499);
    assert.equal(verdict(1)?.state, 'unknown');
    await clock.advanceAsync(1);
    assert.deepEqual([verdict(1)?.state, verdict(1)?.reason], ['down', 'probe 1: timeout after 1s']);
    assert.deepEqual(observed, ['shop/10.0.0.1:1 timeout 1000']);
    await runner.close();
  });

  it('counts good news after the timeout as a timeout', async () => {
    const late = (): Checker => ({
      probe: (signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve({ ok: true, detail: 'late' }));
        }),
    });
    const { runner, clock, verdict } = harness({ makeChecker: late });
    runner.configure([service(tcpCheck({ fall: 1, timeoutMs: 250 }), [realServer(1)])]);
    await clock.advanceAsync(1000);
    assert.equal(verdict(1)?.reason, 'timeout after 250ms');
    await runner.close();
  });

  it('counts a checker that throws as failed', async () => {
    const broken = (): Checker => ({ probe: () => Promise.reject(new Error('bug')) });
    const { runner, clock, verdict } = harness({ makeChecker: broken });
    runner.configure([service(tcpCheck({ fall: 1 }), [realServer(1)])]);
    await clock.advanceAsync(1000);
    assert.deepEqual([verdict(1)?.state, verdict(1)?.reason], ['down', 'bug']);
    await runner.close();
  });

  it('never overlaps two probes of a server, though the timeout is longer than the interval', async () => {
    const { runner, clock, pool } = harness();
    pool.hanging.add(1);
    runner.configure([service(tcpCheck({ intervalMs: 100, timeoutMs: 5000 }), [realServer(1)])]);
    await clock.advanceAsync(20_000);
    assert.equal(pool.mostRunning, 1);
    assert.equal(pool.probes.length, 4);
    await runner.close();
  });

  it('runs no more probes at once than allowed and forgets none', async () => {
    const { runner, clock, pool } = harness({ limits: { maxProbes: 3, maxRate: 1_000_000 } });
    const ports = Array.from({ length: 10 }, (_, index) => index + 1);
    ports.forEach((port) => pool.hanging.add(port));
    runner.configure([
      service(
        tcpCheck(),
        ports.map((port) => realServer(port)),
      ),
    ]);
    await clock.advanceAsync(4499);
    assert.equal(pool.mostRunning, 3);
    assert.equal(new Set(pool.probes).size, 10);
    await runner.close();
    assert.equal(pool.running, 0);
  });

  it('calls servers without a check up and probes nothing', async () => {
    const { runner, clock, pool, verdict } = harness();
    runner.configure([service(NONE, [realServer(1)])]);
    await clock.advanceAsync(60_000);
    assert.deepEqual(verdict(1), {
      state: 'up',
      countsAs: 'up',
      reason: 'no check configured',
      sinceMs: 0,
      checkedAtMs: null,
    });
    assert.deepEqual(pool.probes, []);
    assert.equal(clock.pending, 0);
    await runner.close();
  });

  it('tells every verdict, also those that change only the reason', async () => {
    const { runner, clock, pool, told } = harness();
    pool.failing.add(1);
    runner.configure([service(tcpCheck({ fall: 2 }), [realServer(1)])]);
    await clock.advanceAsync(4500);
    runner.configure([service(NONE, [realServer(1)])]);
    runner.configure([service(NONE, [realServer(1)])]);
    assert.deepEqual(told, [
      '10.0.0.1:1 unknown: failed 1 of 2: refused',
      '10.0.0.1:1 down: refused',
      '10.0.0.1:1 down: refused',
      '10.0.0.1:1 up: no check configured',
    ]);
    await runner.close();
  });

  it('knows nothing of servers that are not configured', () => {
    assert.equal(harness().verdict(1), null);
  });
});

describe('HealthRunner.configure, again', () => {
  it('keeps verdict, count and schedule of an unchanged check', async () => {
    const { runner, clock, pool, verdict, verdicts } = harness();
    pool.failing.add(1);
    runner.configure([service(tcpCheck(), [realServer(1)])]);
    await clock.advanceAsync(4500);
    for (let reload = 0; reload < 19; reload++) {
      runner.configure([service(tcpCheck(), [realServer(1)])]);
      await clock.advanceAsync(100);
    }
    assert.equal(pool.probes.length, 3);
    assert.equal(verdict(1)?.state, 'down');
    pool.failing.clear();
    await clock.advanceAsync(2100);
    assert.deepEqual(verdicts, ['10.0.0.1:1 down: refused', '10.0.0.1:1 up: connected']);
    await runner.close();
  });

  it('keeps the count under an edited check and probes soon', async () => {
    const { runner, clock, pool, verdict } = harness();
    pool.failing.add(1);
    runner.configure([service(tcpCheck({ intervalMs: 60_000, fall: 5 }), [realServer(1)])]);
    await clock.advanceAsync(500);
    runner.configure([service(tcpCheck({ intervalMs: 60_000, fall: 2 }), [realServer(1)])]);
    assert.equal(verdict(1)?.reason, 'failed 1 of 5: refused');
    await clock.advanceAsync(500);
    assert.equal(verdict(1)?.state, 'down');
    await runner.close();
  });

  it('aborts a probe in flight of an edited question and does not count it', async () => {
    const { runner, clock, pool, verdict, observed } = harness();
    pool.hanging.add(1);
    runner.configure([service(tcpCheck({ fall: 1 }), [realServer(1)])]);
    await clock.advanceAsync(600);
    runner.configure([service(tcpCheck({ fall: 1, timeoutMs: 900 }), [realServer(1)])]);
    await settle();
    assert.deepEqual(pool.aborts, ['check was stopped']);
    assert.equal(verdict(1)?.reason, 'not checked yet');
    pool.hanging.clear();
    await clock.advanceAsync(500);
    assert.equal(verdict(1)?.reason, 'connected');
    assert.deepEqual(observed, ['shop/10.0.0.1:1 success 0']);
    await runner.close();
  });

  it('counts a probe in flight of a check whose counting alone was edited, by the new counting', async () => {
    const { runner, clock, pool, verdict } = harness();
    pool.hanging.add(1);
    runner.configure([service(tcpCheck({ fall: 3 }), [realServer(1)])]);
    await clock.advanceAsync(600);
    runner.configure([service(tcpCheck({ fall: 1, intervalMs: 5000 }), [realServer(1)])]);
    await clock.advanceAsync(900);
    assert.deepEqual([pool.probes.length, verdict(1)?.state], [1, 'down']);
    await runner.close();
  });

  it('stops probing servers that left and starts those that came', async () => {
    const { runner, clock, pool, verdict } = harness();
    runner.configure([service(tcpCheck(), [realServer(1)])]);
    await clock.advanceAsync(600);
    runner.configure([service(tcpCheck(), [realServer(2)])]);
    await clock.advanceAsync(6000);
    assert.equal(verdict(1), null);
    assert.deepEqual(new Set(pool.probes.slice(1)), new Set([2]));
    await runner.close();
  });

  it('brings a failed server back when its check is removed', async () => {
    const { runner, clock, pool, verdicts, verdict } = harness();
    pool.failing.add(1);
    runner.configure([service(tcpCheck({ fall: 1 }), [realServer(1)])]);
    await clock.advanceAsync(500);
    runner.configure([service(NONE, [realServer(1)])]);
    assert.deepEqual(verdicts.slice(1), ['10.0.0.1:1 up: no check configured']);
    assert.equal(verdict(1)?.sinceMs, 500);
    assert.equal(clock.pending, 0);
    runner.configure([service(tcpCheck({ fall: 1 }), [realServer(1)])]);
    await clock.advanceAsync(500);
    assert.deepEqual(verdicts.slice(2), ['10.0.0.1:1 down: refused']);
    await runner.close();
  });

  it('tells the observer which names are gone: left, renamed, no longer checked', async () => {
    const { runner, clock, observed } = harness();
    runner.configure([service(tcpCheck(), [realServer(1, 'a'), realServer(2, 'b'), realServer(3, 'c')])]);
    runner.configure([service(tcpCheck(), [realServer(1, 'a'), realServer(2, 'renamed')])]);
    assert.deepEqual(observed, ['shop/b forgotten', 'shop/c forgotten']);
    observed.length = 0;
    await clock.advanceAsync(500);
    assert.deepEqual(observed, ['shop/a success 0', 'shop/renamed success 0']);
    observed.length = 0;
    runner.configure([service(NONE, [realServer(1, 'a'), realServer(2, 'renamed')])]);
    runner.configure([service(NONE, [])]);
    assert.deepEqual(observed, ['shop/a forgotten', 'shop/renamed forgotten']);
    await runner.close();
  });

  it('leaves no timer and no probe over a thousand random reloads', async () => {
    const random = seededRandom(3);
    const { runner, clock, pool } = harness({
      random: () => random.next(),
      limits: { maxProbes: 5, maxRate: 1_000_000 },
    });
    [3, 6, 9].forEach((port) => pool.hanging.add(port));
    for (let reload = 0; reload < 1000; reload++) {
      const ports = Array.from({ length: 12 }, (_, index) => index + 1).filter(() => random.chance(0.6));
      const check = random.chance(0.1) ? NONE : tcpCheck({ intervalMs: random.pick([500, 1000]) });
      runner.configure([
        service(
          check,
          ports.map((port) => realServer(port)),
        ),
      ]);
      await clock.advanceAsync(random.int(0, 300));
      assert.ok(pool.mostRunning <= 5);
      assert.ok(clock.pending <= 12 + 5);
    }
    assert.ok(pool.probes.length > 1000);
    await runner.close();
    assert.equal(clock.pending, 0);
    assert.equal(pool.running, 0);
  });
});

describe('HealthRunner.close', () => {
  it('aborts probes, awaits them, and can be called twice', async () => {
    const { runner, clock, pool, verdicts } = harness();
    pool.hanging.add(1);
    runner.configure([service(tcpCheck({ fall: 1 }), [realServer(1), realServer(2)])]);
    await clock.advanceAsync(600);
    assert.equal(pool.running, 1);
    await runner.close();
    await runner.close();
    assert.equal(pool.running, 0);
    assert.deepEqual(pool.aborts, ['check was stopped']);
    assert.equal(clock.pending, 0);
    assert.deepEqual(verdicts, []);
  });

  it('lets a later configure do nothing', async () => {
    const { runner, clock } = harness();
    await runner.close();
    runner.configure([service(tcpCheck(), [realServer(1)])]);
    assert.equal(clock.pending, 0);
  });
});
