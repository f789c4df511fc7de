import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatDuration, parseDuration } from '../../../src/base/duration.js';

describe('parseDuration', () => {
  const read: readonly (readonly [text: string, ms: number])[] = [
    ['0s', 0],
    ['500ms', 500],
    ['0.29s', 290],
    ['1.5h', 5_400_000],
    ['2m', 120_000],
  ];
  for (const [text, ms] of read)
    it(`reads ${text} as ${ms} ms`, () => {
      assert.equal(parseDuration(text), ms);
    });

  for (const text of ['', '5', '5 s', '-1s', '.5s', '1.s', '1e3ms', '1d', '0.5ms', '1s1ms', '999999999999h'])
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.equal(parseDuration(text), null);
    });
});

describe('formatDuration', () => {
  it('writes the shortest exact form, which reads back', () => {
    const written = [0, 1, 999, 1000, 1500, 60_000, 90_000, 3_600_000].map(formatDuration);
    assert.deepEqual(written, ['0ms', '1ms', '999ms', '1s', '1500ms', '1m', '90s', '1h']);
    assert.deepEqual(written.map(parseDuration), [0, 1, 999, 1000, 1500, 60_000, 90_000, 3_600_000]);
  });
});
