import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isNew } from '../../../src/controller/first-verdicts.js';
import type { Verdict } from '../../../src/model/status.js';

const UNKNOWN: Verdict = {
  state: 'unknown',
  countsAs: 'down',
  reason: 'x',
  sinceMs: 5000,
  checkedAtMs: null,
};

describe('isNew', () => {
  it('holds until a server is known to be up or down', () => {
    assert.deepEqual([isNew(undefined, 'down'), isNew(undefined, 'up')], [true, false]);
    assert.equal(isNew(UNKNOWN, 'down'), true);
    assert.equal(isNew({ ...UNKNOWN, checkedAtMs: 5000 }, 'down'), true, 'good 1 of 2');
    assert.equal(isNew({ ...UNKNOWN, countsAs: 'up' }, 'up'), false);
    assert.equal(isNew({ ...UNKNOWN, state: 'down', checkedAtMs: 5000 }, 'down'), false);
    assert.equal(isNew({ ...UNKNOWN, state: 'up', checkedAtMs: 5000 }, 'down'), false);
  });

  it('does not hold for ever where its checks can tell nothing', () => {
    assert.equal(isNew({ ...UNKNOWN, checkedAtMs: 64_999 }, 'down'), true);
    assert.equal(isNew({ ...UNKNOWN, checkedAtMs: 65_000 }, 'down'), false);
  });
});
