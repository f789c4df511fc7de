import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PACE_MS, Pacer, PIECES_PER_TURN, type PacedWork } from '../../../src/ha/pacer.js';
import { FakeClock } from '../../support/fake-clock.js';

/** So many pieces, with the moments at which they were done. */
function workOf(
  clock: FakeClock,
  pieces: number,
  doneAtMs: number[],
  wake = (): void => undefined,
): PacedWork {
  let left = pieces;
  return {
    get left() {
      return left;
    },
    wake,
    perform: (count) => {
      left -= count;
      for (let piece = 0; piece < count; piece++) doneAtMs.push(clock.nowMs());
    },
  };
}

describe('Pacer', () => {
  it('does at once what a turn has room for, and the rest in turns', () => {
    const clock = new FakeClock();
    const done: number[] = [];
    new Pacer(clock).submit(workOf(clock, 3 * PIECES_PER_TURN - 1, done));
    assert.equal(done.length, PIECES_PER_TURN);
    clock.advance(1000);
    const turns = [0, PACE_MS, 2 * PACE_MS].map((ms) => done.filter((each) => each === ms).length);
    assert.deepEqual(turns, [PIECES_PER_TURN, PIECES_PER_TURN, PIECES_PER_TURN - 1]);
    assert.equal(clock.pending, 0);
  });

  it('gives one turn to many', () => {
    const clock = new FakeClock();
    const pacer = new Pacer(clock);
    const done: number[] = [];
    for (let count = 0; count < 2 * PIECES_PER_TURN; count++) pacer.submit(workOf(clock, 1, done));
    assert.equal(done.length, PIECES_PER_TURN);
    clock.advance(PACE_MS);
    assert.equal(done.length, 2 * PIECES_PER_TURN);
    assert.equal(clock.pending, 0);
  });

  it('wakes who waited before it does more, and does nothing of what is withdrawn then', () => {
    const clock = new FakeClock();
    const pacer = new Pacer(clock);
    const done: number[] = [];
    const work: PacedWork = workOf(clock, 100, done, () => pacer.withdraw(work));
    pacer.submit(work);
    clock.advance(1000);
    assert.equal(done.length, PIECES_PER_TURN);
    assert.equal(clock.pending, 0);
  });
});
