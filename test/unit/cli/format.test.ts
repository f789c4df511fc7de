import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatBytes, formatCount, formatDuration, formatRate } from '../../../src/cli/format.js';

describe('formatDuration', () => {
  const cases: readonly [number, string][] = [
    [-5, '0s'],
    [0, '0s'],
    [0.2, '1ms'],
    [850, '850ms'],
    [12_900, '12s'],
    [185_000, '3m05s'],
    [7_800_000, '2h10m'],
    [356_400_000, '4d03h'],
  ];
  for (const [ms, text] of cases)
    it(`reads ${ms} ms as ${text}`, () => assert.equal(formatDuration(ms), text));
});

describe('formatBytes', () => {
  const cases: readonly [number, string][] = [
    [0, '0B'],
    [999, '999B'],
    [1000, '1.0K'],
    [1536, '1.5K'],
    [102_400, '100K'],
    [1_048_576, '1.0M'],
    [5 * 2 ** 40, '5.0T'],
  ];
  for (const [bytes, text] of cases)
    it(`reads ${bytes} as ${text}`, () => assert.equal(formatBytes(bytes), text));

  it('never takes more than five columns', () => {
    for (let bytes = 1; bytes < 2 ** 50; bytes = Math.ceil(bytes * 1.01)) {
      assert.ok(formatBytes(bytes).length <= 5, formatBytes(bytes));
    }
  });
});

describe('formatCount', () => {
  it('stays exact below 100,000 and gets a unit above', () => {
    assert.deepEqual([0, 99_999, 123_456, 4_500_000].map(formatCount), ['0', '99999', '123k', '4.5M']);
  });
});

describe('formatRate', () => {
  it('keeps a digit for small rates', () => {
    assert.deepEqual([0, 0.42, 12.3, 4500].map(formatRate), ['0', '0.4', '12', '4.5k']);
  });
});
