/** What checks say of a server's load, from a probe to the verdict. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HealthRunner } from '../../../src/health/runner.js';
import type { Checker, ProbeResult } from '../../../src/health/types.js';
import type { ActiveCheck } from '../../../src/model/health-check.js';
import type { Load } from '../../../src/model/load.js';
import type { Verdict } from '../../../src/model/status.js';
import { FakeClock } from '../../support/fake-clock.js';
import { realServer, service, shop, tcpCheck, timing, keyOf } from './support/fixtures.js';

const exec: ActiveCheck = { type: 'exec', timing, port: null, command: ['/x'], dynamicWeight: true };
const file: ActiveCheck = { type: 'file', timing, path: '/x', mode: 'weight' };

function rig() {
  const clock = new FakeClock(0);
  const says: Record<string, ProbeResult> = {};
  const runner = new HealthRunner({
    clock,
    random: () => 0,
    phaseOf: () => 0,
    makeChecker: ({ type }): Checker => ({
      probe: () => Promise.resolve(says[type] ?? { ok: true, detail: 'fine' }),
    }),
    onVerdict: () => undefined,
  });
  const verdict = (): Verdict => runner.verdict(shop, keyOf(80)) ?? assert.fail();
  return { clock, says, runner, verdict };
}

function well(weight: number | null, share: number): ProbeResult {
  return { ok: true, detail: 'fine', load: { weight, share } };
}

describe("a verdict's load", () => {
  it('is what was said last, also while nothing new is said, or the check fails', async () => {
    const { clock, says, runner, verdict } = rig();
    runner.configure([service(exec, [realServer(80)])]);
    await clock.advanceAsync(1000);
    assert.equal(verdict().load, undefined);
    says['exec'] = well(40, 1);
    await clock.advanceAsync(2000);
    const said: Load = { weight: 40, share: 1 };
    assert.deepEqual(verdict().load, said);
    says['exec'] = { ok: true, detail: 'exit code 0' };
    await clock.advanceAsync(2000);
    assert.deepEqual(verdict().load, said);
    says['exec'] = { ok: false, reason: 'exit code 1' };
    await clock.advanceAsync(2000);
    assert.deepEqual([verdict().load, verdict().state], [said, 'up']);
    await runner.close();
  });

  it('is the least of what several checks say', async () => {
    const { clock, says, runner, verdict } = rig();
    says['exec'] = well(40, 1);
    says['file'] = well(null, 0.5);
    runner.configure([service([exec, file, tcpCheck()], [realServer(80)])]);
    await clock.advanceAsync(1000);
    assert.deepEqual(verdict().load, { weight: 40, share: 0.5 });
    says['file'] = well(20, 1);
    await clock.advanceAsync(2000);
    assert.deepEqual(verdict().load, { weight: 20, share: 1 });
    await runner.close();
  });

  it('is forgotten with the question that it answered', async () => {
    const { clock, says, runner, verdict } = rig();
    says['exec'] = well(40, 1);
    runner.configure([service(exec, [realServer(80)])]);
    await clock.advanceAsync(1000);
    runner.configure([service(tcpCheck(), [realServer(80)])]);
    await clock.advanceAsync(2000);
    assert.equal(verdict().load, undefined);
    await runner.close();
  });

  it('goes on over a restart, for a check that tells one', async () => {
    const load = { weight: 30, share: 1 };
    const left: Verdict = { state: 'up', countsAs: 'up', reason: 'fine', sinceMs: 0, checkedAtMs: 0, load };
    for (const [check, expected] of [
      [exec, load],
      [tcpCheck(), undefined],
    ] as const) {
      const { clock, runner, verdict } = rig();
      runner.configure([service(check, [realServer(80)])], () => left);
      await clock.advanceAsync(1000);
      assert.deepEqual(verdict().load, expected);
      await runner.close();
    }
  });
});
