import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeState, encodeState } from '../../../../src/daemon/state/state-file.js';
import {
  freshVerdicts,
  VERDICT_REFRESH_MS,
  verdictFormat,
  verdictLimitMs,
} from '../../../../src/daemon/state/verdict-memory.js';
import type { ActiveCheck, CheckTiming } from '../../../../src/model/health-check.js';
import type { RoleReport } from '../../../../src/model/role.js';
import type { Verdict } from '../../../../src/model/status.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { keyOf, server, serverKeyOf, service } from '../../../support/models.js';

const NOW = Date.UTC(2026, 5, 1);
const key = keyOf('192.0.2.1:80');
const a = serverKeyOf('10.0.0.1:80');
const b = serverKeyOf('10.0.0.2:80');

const down = (checkedAtMs: number | null): Verdict => ({
  state: 'down',
  countsAs: 'down',
  reason: 'connect: ECONNREFUSED',
  sinceMs: NOW - 500_000,
  checkedAtMs,
});

const REPLICA: RoleReport = {
  name: 'replica',
  term: 7,
  sinceMs: NOW - 500_000,
  since: 12,
  asked: 20,
  heard: 21,
  confirmed: true,
};

function checkEvery(intervalMs: number, changes: Partial<CheckTiming> = {}): ActiveCheck {
  const intervals = { intervalMs, fastIntervalMs: intervalMs, downIntervalMs: intervalMs };
  const timing = { ...intervals, timeoutMs: 1_000, rise: 2, fall: 3, jitter: 0, ...changes };
  return { type: 'icmp', timing, payloadBytes: 56 };
}

function shop(...checks: readonly ActiveCheck[]) {
  return service('shop', '192.0.2.1:80', [server('10.0.0.1:80'), server('10.0.0.2:80')], { checks });
}

describe('verdict file', () => {
  it('gives back the verdicts', async () => {
    const verdicts = new Map([
      [
        key,
        new Map([
          [a, down(NOW)],
          [b, { state: 'unknown', countsAs: 'down', reason: '', sinceMs: 0, checkedAtMs: null } as const],
          [serverKeyOf('10.0.0.3:80'), { ...down(NOW), role: REPLICA, byRole: true } as const],
        ]),
      ],
    ]);
    const bytes = Buffer.concat(await encodeState(verdictFormat, verdicts, new FakeClock()));
    const reading = decodeState(verdictFormat, bytes, '/s/verdicts.json');
    assert.deepEqual(reading, { kind: 'read', content: verdicts });
  });

  it('reads a record from before it said what a server counts as', async () => {
    const before = (state: Verdict['state']) => {
      const { countsAs: _, ...record } = { ...down(NOW), state };
      return record as Verdict;
    };
    const states = ['up', 'down', 'unknown'] as const;
    const stored = new Map(
      states.map((state) => [keyOf(`192.0.2.1:${state.length}`), new Map([[a, before(state)]])]),
    );
    const bytes = Buffer.concat(await encodeState(verdictFormat, stored, new FakeClock()));
    const reading = decodeState(verdictFormat, bytes, '/s/verdicts.json');
    assert.ok(reading.kind === 'read');
    const counted = [...reading.content.values()].map((ofService) => ofService.get(a)?.countsAs);
    assert.deepEqual(counted, ['up', 'down', 'up']);
  });

  it('may be written while verdicts change', () => {
    const verdicts = new Map([[key, new Map([[a, down(NOW)]])]]);
    const stored = verdictFormat.toJson(verdicts)['verdicts'] as Iterable<unknown>;
    verdicts.get(key)?.set(b, down(NOW));
    assert.equal([...stored].length, 1);
  });
});

describe('verdictLimitMs', () => {
  it('is three intervals, at least a minute', () => {
    assert.deepEqual([500, 20_000, 20_001, 60_000].map(verdictLimitMs), [60_000, 60_000, 60_003, 180_000]);
  });

  it('leaves time for a restart after the last refresh', () => {
    assert.ok(VERDICT_REFRESH_MS * 2 < verdictLimitMs(0));
  });
});

describe('freshVerdicts', () => {
  const ages: readonly { name: string; verdict: Verdict; used: boolean }[] = [
    { name: 'of this moment', verdict: down(NOW), used: true },
    { name: 'as old as the limit', verdict: down(NOW - 90_000), used: true },
    { name: 'older than the limit', verdict: down(NOW - 90_001), used: false },
    { name: 'a little in the future', verdict: down(NOW + 2_000), used: true },
    { name: 'far in the future, by a clock that was set back', verdict: down(NOW + 90_001), used: false },
    { name: 'that no probe found', verdict: down(null), used: false },
    {
      name: 'of a server that nobody knew any more',
      verdict: { ...down(NOW), state: 'unknown' },
      used: true,
    },
    { name: 'that is good', verdict: { ...down(NOW), state: 'up' }, used: true },
  ];
  for (const { name, verdict, used } of ages) {
    it(`${used ? 'uses' : 'does not use'} a verdict ${name}`, () => {
      const stored = new Map([[key, new Map([[a, verdict]])]]);
      const fresh = freshVerdicts(stored, [shop(checkEvery(30_000))], NOW);
      assert.deepEqual(fresh.get(key)?.get(a), used ? verdict : undefined);
      assert.equal(fresh.size, used ? 1 : 0);
    });
  }

  it('is as old as the longest interval of the checks allows', () => {
    const stored = new Map([[key, new Map([[a, down(NOW - 80_000)]])]]);
    const sizeWith = (...checks: ActiveCheck[]) => freshVerdicts(stored, [shop(...checks)], NOW).size;
    assert.equal(sizeWith(checkEvery(2_000)), 0);
    assert.equal(sizeWith(checkEvery(2_000), checkEvery(30_000)), 1);
    assert.equal(sizeWith(checkEvery(2_000, { downIntervalMs: 30_000 })), 1);
  });

  it('is about servers of the file alone', () => {
    const stored = new Map([
      [
        key,
        new Map([
          [b, down(NOW)],
          [serverKeyOf('10.9.9.9:80'), down(NOW)],
        ]),
      ],
      [keyOf('192.0.2.9:80'), new Map([[a, down(NOW)]])],
    ]);
    assert.deepEqual(
      freshVerdicts(stored, [shop(checkEvery(2_000))], NOW),
      new Map([[key, new Map([[b, down(NOW)]])]]),
    );
  });

  it('is not about servers that the file has not checked any more', () => {
    const stored = new Map([[key, new Map([[a, down(NOW)]])]]);
    assert.equal(freshVerdicts(stored, [shop()], NOW).size, 0);
  });
});
