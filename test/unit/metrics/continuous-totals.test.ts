import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ContinuousTotals } from '../../../src/metrics/continuous-totals.js';
import { seededRandom } from '../../support/random.js';

/** Reads one series once. */
function read(totals: ContinuousTotals, key: string, raw: readonly number[]): readonly number[] {
  const round = totals.begin();
  const answer = totals.advance(round, key, raw);
  totals.end(round);
  return answer;
}

describe('ContinuousTotals', () => {
  it('goes on where it was when a counter starts anew', () => {
    const totals = new ContinuousTotals();
    assert.deepEqual(read(totals, 'a', [5, 100]), [5, 100]);
    assert.deepEqual(read(totals, 'a', [7, 150]), [7, 150]);
    assert.deepEqual(read(totals, 'a', [0, 0]), [7, 150]);
    assert.deepEqual(read(totals, 'a', [2, 30]), [9, 180]);
  });

  it('forgets a series that is not mentioned', () => {
    const totals = new ContinuousTotals();
    read(totals, 'a', [5]);
    read(totals, 'b', [1]);
    assert.deepEqual(read(totals, 'a', [3]), [3]);
  });

  it('answers an overtaken reading with the newer totals and counts nothing twice', () => {
    const totals = new ContinuousTotals();
    read(totals, 'a', [5]);
    const older = totals.begin();
    const newer = totals.begin();
    assert.deepEqual(totals.advance(newer, 'a', [8]), [8]);
    assert.deepEqual(totals.advance(older, 'a', [6]), [8]);
    totals.end(newer);
    totals.end(older);
    assert.deepEqual(read(totals, 'a', [9]), [9]);
  });

  it('equals the sum of all that was counted, over random histories', () => {
    const random = seededRandom(5);
    const totals = new ContinuousTotals();
    let counted = 0;
    let raw = 0;
    for (let turn = 0; turn < 5000; turn++) {
      // A restart between two readings is seen only when the new count is below the old one: start from zero.
      if (random.chance(0.1)) {
        raw = 0;
        read(totals, 'a', [raw]);
      }
      const more = random.int(0, 1000);
      counted += more;
      raw += more;
      assert.deepEqual(read(totals, 'a', [raw]), [counted]);
    }
  });
});
