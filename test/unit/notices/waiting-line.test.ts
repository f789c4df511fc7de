import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { WaitingLine } from '../../../src/notices/waiting-line.js';

describe('WaitingLine', () => {
  it('gives the oldest first', () => {
    const line = new WaitingLine<number>(10);
    for (const item of [1, 2, 3]) line.push(item);
    assert.deepEqual([line.take(2), line.take(2), line.take(2), line.length], [[1, 2], [3], [], 0]);
  });

  it('lets the oldest leave when it is full, and says so', () => {
    const line = new WaitingLine<number>(2);
    assert.deepEqual(
      [1, 2, 3, 4].map((item) => line.push(item)),
      [0, 0, 1, 1],
    );
    assert.deepEqual([line.length, line.take(9)], [2, [3, 4]]);
  });

  it('shrinks with its capacity', () => {
    const line = new WaitingLine<number>(4);
    for (const item of [1, 2, 3, 4]) line.push(item);
    assert.equal(line.resize(1), 3);
    assert.deepEqual(line.take(9), [4]);
  });

  it('takes back what was taken out, before all others', () => {
    const line = new WaitingLine<number>(4);
    for (const item of [1, 2, 3]) line.push(item);
    const taken = line.take(2);
    line.push(4);
    assert.deepEqual([line.putBack(taken), line.take(9)], [0, [1, 2, 3, 4]]);
    for (const item of [5, 6, 7]) line.push(item);
    assert.deepEqual([line.putBack([3, 4]), line.take(9)], [1, [4, 5, 6, 7]]);
  });

  it('agrees with a plain list over a long history', () => {
    const line = new WaitingLine<number>(7);
    let plain: number[] = [];
    for (let turn = 0; turn < 5000; turn++) {
      line.push(turn);
      plain = [...plain, turn].slice(-7);
      if (turn % 3 !== 0) continue;
      const count = turn % 5;
      assert.deepEqual(line.take(count), plain.slice(0, count));
      plain = plain.slice(count);
      assert.equal(line.length, plain.length);
    }
  });
});
