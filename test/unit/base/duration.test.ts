import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatDuration, parseDuration } from '../../../src/base/duration.js';

describe('parseDuration', () => {
  for (const [text, ms] of [
    ['500ms', 500],
    ['2s', 2000],
    ['1.5s', 1500],
    ['0.29s', 290],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['0s', 0],
  ] as const) {
    it(`reads ${text}`, () => assert.equal(parseDuration(text), ms));
  }
  for (const text of [
    '',
    '2',
    's',
    '-1s',
    '1d',
    '1m30s',
    '2 s',
    '2S',
    '1e3s',
    '0.5ms',
    '.5s',
    '9999999999999s',
  ]) {
    it(`refuses "${text}"`, () => assert.equal(parseDuration(text), null));
  }
});

describe('formatDuration', () => {
  for (const [ms, text] of [
    [0, '0ms'],
    [1, '1ms'],
    [1500, '1500ms'],
    [2000, '2s'],
    [90_000, '90s'],
    [120_000, '2m'],
    [7_200_000, '2h'],
  ] as const) {
    it(`writes ${text}`, () => {
      assert.equal(formatDuration(ms), text);
      assert.equal(parseDuration(text), ms);
    });
  }
});
