import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CheckWatch } from '../../../src/health/check-watch.js';
import { RoleWatch } from '../../../src/health/role-watch.js';
import type { CheckTiming } from '../../../src/model/health-check.js';
import { timing } from './support/fixtures.js';

const good = { result: { ok: true, detail: 'connected' }, outcome: 'success', durationMs: 1 } as const;

describe('CheckWatch', () => {
  const slow: CheckTiming = { ...timing, intervalMs: 60_000, fastIntervalMs: 60_000, downIntervalMs: 60_000 };

  it('takes no result for overdue by an interval that was not in force when it came', () => {
    let nowMs = 0;
    const watch = new CheckWatch(
      () => undefined,
      slow,
      'up',
      () => nowMs,
      new RoleWatch({ wallMs: () => 0 }, null),
    );
    watch.take(good, { began: 1, ended: 2 });
    nowMs = 50_000;
    assert.equal(watch.edit(timing), true);
    assert.equal(watch.overdueMs, null);
    // Two intervals, two timeouts and a second.
    nowMs += 7000;
    assert.equal(watch.overdueMs, null);
    nowMs += 1;
    assert.equal(watch.overdueMs, 7001);
  });

  it('goes on counting the silence over an edit that changes nothing of it', () => {
    let nowMs = 0;
    const watch = new CheckWatch(
      () => undefined,
      timing,
      'up',
      () => nowMs,
      new RoleWatch({ wallMs: () => 0 }, null),
    );
    watch.take(good, { began: 1, ended: 2 });
    nowMs = 6000;
    assert.equal(watch.edit({ ...timing }), false);
    nowMs = 7001;
    assert.equal(watch.overdueMs, 7001);
  });
});
