import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { MailRate } from '../../../src/notices/mail-rate.js';

const HOUR_MS = 3_600_000;

/** Mails that go when somebody wants to send all the time, or at the given moments. */
function sentAt(perHour: number, wantedMs: readonly number[]): number[] {
  const rate = new MailRate(perHour);
  const sent: number[] = [];
  for (const nowMs of wantedMs) {
    if (rate.waitMs(nowMs) > 0) continue;
    rate.spend(nowMs);
    sent.push(nowMs);
  }
  return sent;
}

function mostInAnHour(sent: readonly number[]): number {
  return Math.max(0, ...sent.map((from) => sent.filter((at) => at >= from && at < from + HOUR_MS).length));
}

describe('MailRate', () => {
  it('lets half of the hour go at once, then one after the other', () => {
    const sent = sentAt(
      20,
      Array.from({ length: 7200 }, (_, second) => second * 1000),
    );
    assert.equal(sent.filter((at) => at < 60_000).length, 10);
    assert.equal(sent.filter((at) => at < HOUR_MS).length, 20);
    // The first that sums up comes within six minutes.
    assert.ok((sent[10] ?? Infinity) <= 360_000, String(sent[10]));
  });

  it('never has more in any hour than it may', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.array(fc.integer({ min: 0, max: 4 * HOUR_MS }), { maxLength: 600 }),
        (perHour, wanted) => {
          assert.ok(
            mostInAnHour(
              sentAt(
                perHour,
                [...wanted].sort((a, b) => a - b),
              ),
            ) <= perHour,
          );
        },
      ),
      { numRuns: 100 },
    );
  });

  it('sends one a whole hour where one is all it may', () => {
    const sent = sentAt(
      1,
      Array.from({ length: 300 }, (_, minute) => minute * 60_000),
    );
    assert.deepEqual(sent, [0, HOUR_MS, 2 * HOUR_MS, 3 * HOUR_MS, 4 * HOUR_MS]);
  });

  it('says how long to wait', () => {
    const rate = new MailRate(1);
    rate.spend(1000);
    assert.equal(rate.waitMs(1000), HOUR_MS);
    assert.equal(rate.waitMs(HOUR_MS), 1000);
    assert.equal(rate.waitMs(2 * HOUR_MS), 0);
  });
});
