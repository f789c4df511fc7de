import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { firstDelayMs, phaseOf } from '../../../src/health/spread.js';

describe('phaseOf', () => {
  it('is the same for the same text and lies in [0, 1)', () => {
    for (const text of ['', 'a', '10.0.0.1:80', '\u{1f980}'.repeat(100)]) {
      assert.equal(phaseOf(text), phaseOf(text));
      assert.ok(phaseOf(text) >= 0 && phaseOf(text) < 1);
    }
  });

  it('spreads neighbours evenly', () => {
    const buckets = new Array<number>(20).fill(0);
    for (let host = 0; host < 100; host++) {
      for (let port = 8000; port < 8100; port++) {
        const bucket = Math.floor(phaseOf(`["10.0.0.${host}",${port}]`) * 20);
        buckets[bucket] = (buckets[bucket] ?? 0) + 1;
      }
    }
    assert.ok(Math.min(...buckets) > 400 && Math.max(...buckets) < 600, buckets.join(' '));
  });
});

describe('firstDelayMs', () => {
  const cases = [
    { name: 'a second for a few', intervalMs: 60_000, together: 3, longestMs: 1000 },
    { name: 'an interval that is shorter', intervalMs: 400, together: 3, longestMs: 400 },
    { name: 'a millisecond for each of many', intervalMs: 60_000, together: 5000, longestMs: 5000 },
    { name: 'no more than the interval, however many', intervalMs: 2000, together: 10_000, longestMs: 2000 },
  ];
  for (const { name, intervalMs, together, longestMs } of cases)
    it(`is spread over ${name}`, () => {
      assert.equal(firstDelayMs(0, intervalMs, together), 0);
      assert.equal(firstDelayMs(0.5, intervalMs, together), longestMs / 2);
    });
});
