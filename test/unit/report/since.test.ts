import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseSince } from '../../../src/report/since.js';

const NOW = Date.UTC(2026, 10, 21, 12);

describe('parseSince', () => {
  const cases: readonly [text: string, atMs: number][] = [
    ['30d', NOW - 30 * 86_400_000],
    ['12h', NOW - 12 * 3_600_000],
    ['90m', NOW - 90 * 60_000],
    ['2w', NOW - 14 * 86_400_000],
    ['2026-11-01', new Date(2026, 10, 1).getTime()],
    ['2026-11-01 12:30', new Date(2026, 10, 1, 12, 30).getTime()],
    ['2026-11-01T12:30:15Z', Date.UTC(2026, 10, 1, 12, 30, 15)],
    ['2026-11-01T12:30+02:00', Date.UTC(2026, 10, 1, 10, 30)],
    ['2024-02-29', new Date(2024, 1, 29).getTime()],
  ];
  for (const [text, atMs] of cases) it(`reads ${text}`, () => assert.equal(parseSince(text, NOW), atMs));

  const refused = [
    '',
    '30',
    '30 d',
    '-1d',
    '1y',
    'yesterday',
    '2026-13-01',
    '2026-02-30',
    '2025-02-29',
    '2026-11-01 25:00',
  ];
  for (const text of [...refused, '2027-01-01'])
    it(`refuses "${text}"`, () => assert.equal(parseSince(text, NOW), null));
});
