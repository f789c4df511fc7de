import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { computeActiveDownMs, computeSkewTimeMs } from '../../../src/ha/timers.js';

interface Row {
  readonly version: 2 | 3;
  readonly priority: number;
  readonly advertiseMs: number;
  readonly skewMs: number;
  readonly activeDownMs: number;
}

/** Computed by hand from the formulas. */
const rows: readonly Row[] = [
  { version: 2, priority: 100, advertiseMs: 1000, skewMs: 609.375, activeDownMs: 3609.375 },
  { version: 2, priority: 100, advertiseMs: 2000, skewMs: 609.375, activeDownMs: 6609.375 },
  { version: 2, priority: 255, advertiseMs: 1000, skewMs: 3.90625, activeDownMs: 3003.90625 },
  { version: 2, priority: 1, advertiseMs: 1000, skewMs: 996.09375, activeDownMs: 3996.09375 },
  { version: 3, priority: 100, advertiseMs: 1000, skewMs: 609.375, activeDownMs: 3609.375 },
  { version: 3, priority: 100, advertiseMs: 100, skewMs: 60.9375, activeDownMs: 360.9375 },
  { version: 3, priority: 254, advertiseMs: 10, skewMs: 0.078125, activeDownMs: 30.078125 },
  { version: 3, priority: 255, advertiseMs: 10, skewMs: 0.0390625, activeDownMs: 30.0390625 },
  { version: 3, priority: 1, advertiseMs: 40950, skewMs: 40790.0390625, activeDownMs: 163640.0390625 },
];

describe('computeSkewTimeMs and computeActiveDownMs', () => {
  for (const row of rows) {
    it(`keep the fractions: version ${row.version}, priority ${row.priority}, ${row.advertiseMs} ms`, () => {
      assert.equal(
        computeSkewTimeMs(row, row.advertiseMs),
        row.skewMs,
        'version 2 counts the skew in parts of a second, version 3 in parts of the interval (section 6.1)',
      );
      assert.equal(
        computeActiveDownMs(row, row.advertiseMs),
        row.activeDownMs,
        'the active one is gone after three intervals and the skew (section 6.1)',
      );
    });
  }

  it('give each priority a skew of its own, the higher the shorter', () => {
    for (let priority = 2; priority <= 255; priority++) {
      const higher = computeSkewTimeMs({ version: 3, priority }, 10);
      const lower = computeSkewTimeMs({ version: 3, priority: priority - 1 }, 10);
      assert.ok(higher < lower, `priority ${priority} waits ${higher} ms, ${priority - 1} waits ${lower} ms`);
    }
  });
});
