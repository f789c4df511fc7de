import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { backoffDelayMs } from '../../../src/base/backoff.js';

const SETTINGS = { firstMs: 1000, factor: 2, capMs: 30_000, jitter: 0.2 };

describe('backoffDelayMs', () => {
  it('doubles from the first delay up to the cap', () => {
    const delays = [1, 2, 3, 4, 5, 6, 7, 5000].map((attempt) => backoffDelayMs(attempt, SETTINGS, () => 0));
    assert.deepEqual(delays, [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  });

  it('takes off at most the share that jitter names', () => {
    assert.equal(
      backoffDelayMs(2, SETTINGS, () => 0.5),
      1800,
    );
    assert.ok(backoffDelayMs(1, SETTINGS, () => 0.999) > 800);
  });

  it('treats an attempt below the first as the first', () => {
    assert.equal(
      backoffDelayMs(0, SETTINGS, () => 0),
      1000,
    );
  });
});
