/** One that calls itself primary makes the others be asked at once; and no more often than that needs. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judgeRole } from '../../../src/health/checkers/role-answer.js';
import { HealthRunner, type HealthRunnerOptions } from '../../../src/health/runner.js';
import type { ProbeResult } from '../../../src/health/types.js';
import type { VirtualService } from '../../../src/model/virtual-service.js';
import { FakeClock } from '../../support/fake-clock.js';
import { server, service } from '../../support/models.js';
import { redis, type Says } from '../../support/role-rig.js';

const SLOW = { intervalMs: 60_000, fastIntervalMs: 60_000, downIntervalMs: 60_000, timeoutMs: 500 };

/** Servers 10.0.0.`host`; the checks of their roles. */
function db(
  name: string,
  vip: string,
  hosts: readonly number[],
  role: 'primary' | 'replica',
): VirtualService {
  const servers = hosts.map((host) => server(`10.0.0.${host}:6379`));
  return service(name, vip, servers, { checks: [redis(role, SLOW)], initial: 'down' });
}

class Rig {
  readonly clock = new FakeClock();
  readonly #startMs = this.clock.nowMs();
  /** What the server with this last number says to a probe. */
  says: (host: number) => Exclude<Says, 'unfit'> = () => 'replica';
  /** `1.5s 10.0.0.2 primary` */
  readonly probes: string[] = [];
  readonly runner: HealthRunner;

  constructor(options: Partial<HealthRunnerOptions> = {}) {
    this.runner = new HealthRunner({
      clock: this.clock,
      random: () => 0,
      phaseOf: () => 0,
      onVerdict: () => undefined,
      makeChecker: (check, { address }) => ({
        probe: (signal) => this.#probe('role' in check ? check.role : 'any', address, signal),
      }),
      ...options,
    });
  }

  /** Since the last time. */
  take(): string[] {
    return this.probes.splice(0).sort();
  }

  async pass(ms: number): Promise<void> {
    await this.clock.advanceAsync(ms);
  }

  async #probe(
    role: 'primary' | 'replica' | 'any',
    address: string,
    signal: AbortSignal,
  ): Promise<ProbeResult> {
    const atMs = this.clock.nowMs() - this.#startMs;
    this.probes.push(`${(atMs / 1000).toFixed(2)}s ${address} ${role}`);
    const says = this.says(Number(address.split('.').at(-1)));
    if (says === 'silent' || says === 'refused') {
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      return { ok: false, reason: 'silent' };
    }
    const seen =
      typeof says === 'string'
        ? { name: says, term: null }
        : { name: 'primary' as const, term: says.primaryOf };
    return judgeRole('db', { role, maxLagMs: null }, { seen, lagMs: null });
  }
}

async function settled(rig: Rig, services: readonly VirtualService[]): Promise<void> {
  rig.runner.configure(services);
  // rise answers each, and whatever a first claim brought.
  await rig.pass(125_000);
  rig.take();
}

describe('a server that begins to say that it is the primary', () => {
  const writes = db('writes', '192.0.2.1:6379', [1, 2, 3], 'primary');
  const reads = db('reads', '192.0.2.2:6379', [1, 2, 3], 'replica');

  it('has all servers of the services that share it asked at once, each probe once', async () => {
    const rig = new Rig();
    const again = db('writes-too', '192.0.2.3:6379', [1, 2, 3], 'primary');
    const other = db('other', '192.0.2.4:6379', [7, 8], 'primary');
    rig.says = (host) => (host === 1 ? 'primary' : 'replica');
    await settled(rig, [writes, again, reads, other]);
    rig.says = (host) => (host === 2 ? 'primary' : 'replica');
    await rig.pass(60_000);
    const [first, ...rest] = rig.take();
    const atSec = first?.split(' ')[0] ?? '';
    // In rhythm all of them came at that moment, too: the claim brings one more of each but the one that heard it first.
    const second = rest.filter((probe) => !probe.startsWith(atSec));
    assert.deepEqual(second, []);
    const count = (words: string): number =>
      [first, ...rest].filter((probe) => probe?.endsWith(words)).length;
    assert.deepEqual(
      ['10.0.0.1 primary', '10.0.0.1 replica', '10.0.0.3 primary', '10.0.0.3 replica'].map(count),
      [2, 2, 2, 2],
    );
    assert.deepEqual(
      ['10.0.0.7 primary', '10.0.0.8 primary'].map(count),
      [1, 1],
      'who shares nothing is left alone',
    );
    await rig.runner.close();
  });

  it('has a probe that was under way followed by another one, and keeps the rhythm', async () => {
    const rig = new Rig({ phaseOf: (key) => (key.includes('10.0.0.1') ? 0 : 0.2) });
    rig.says = (host) => (host === 1 ? 'primary' : 'replica');
    await settled(rig, [writes]);
    // 1 is asked 200 ms before the others; it is silent while 2 begins to claim.
    rig.says = (host) => (host === 1 ? 'silent' : host === 2 ? 'primary' : 'replica');
    await rig.pass(60_000);
    const ofOne = rig.take().filter((probe) => probe.includes('10.0.0.1 '));
    const times = ofOne.map((probe) => Number.parseFloat(probe));
    assert.equal(times.length, 2);
    assert.ok((times[1] ?? 0) - (times[0] ?? 0) <= 0.51, `${times.join()}: when the first one has timed out`);
    await rig.pass(60_000);
    const next = rig.take().filter((probe) => probe.includes('10.0.0.1 '));
    assert.deepEqual(
      next.map((probe) => Math.round(Number.parseFloat(probe) - (times[0] ?? 0))),
      [60],
    );
    await rig.runner.close();
  });

  it('waits for its turn as all probes do', async () => {
    const rig = new Rig({ limits: { maxProbes: 1, maxRate: 10 } });
    await settled(rig, [writes, reads]);
    rig.says = (host) => (host === 2 ? 'primary' : 'replica');
    await rig.pass(60_000);
    const times = rig.take().map((probe) => Number.parseFloat(probe));
    const sorted = times.sort((one, other) => one - other);
    const tooNear = sorted.filter((time, index) => time - (sorted[index - 1] ?? -1) < 0.09);
    assert.deepEqual(tooNear, [], sorted.join());
    assert.ok(sorted.length > 6, 'they were asked again');
    await rig.runner.close();
  });

  it('makes no storm where servers flap with each probe', async () => {
    const rig = new Rig();
    const flips = new Map<number, boolean>();
    rig.says = (host) => {
      const is = flips.get(host) !== true;
      flips.set(host, is);
      return is ? 'primary' : 'replica';
    };
    rig.runner.configure([writes, reads]);
    await rig.pass(60_000);
    const perProbe = rig.take().length / 6;
    assert.ok(perProbe <= 60 * 4 + 2, `${perProbe} of each in a minute`);
    await rig.runner.close();
  });

  it('asks nobody again who was not asked before', async () => {
    const rig = new Rig();
    rig.says = (host) => (host === 1 ? 'primary' : 'replica');
    rig.runner.configure([writes]);
    await rig.pass(1000);
    const probes = rig.take();
    assert.ok(probes.length <= 5, probes.join());
    await rig.runner.close();
  });
});
