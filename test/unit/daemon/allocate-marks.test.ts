import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { allocateMarks, type MarkInputs } from '../../../src/daemon/allocate-marks.js';
import { seededRandom } from '../../support/random.js';

const everyName = Array.from('abcdefghijklmnop');

const nobody: MarkInputs = {
  names: [],
  remembered: new Map(),
  range: { base: 100, size: 4 },
  inTable: new Set(),
  inFile: new Set(),
  owned: new Set(everyName),
};

function marksOf(inputs: Partial<MarkInputs>): Record<string, number> {
  return Object.fromEntries(allocateMarks({ ...nobody, ...inputs }).marks);
}

describe('allocateMarks', () => {
  it('gives the lowest marks in the order of the file', () => {
    assert.deepEqual(marksOf({ names: ['b', 'a'] }), { b: 100, a: 101 });
  });

  it('gives every name what it had, also one that has been away', () => {
    const remembered = new Map([
      ['gone', 100],
      ['a', 102],
    ]);
    assert.deepEqual(marksOf({ names: ['new', 'a'], remembered }), { gone: 100, new: 101, a: 102 });
    assert.deepEqual(marksOf({ names: ['gone'], remembered }), { gone: 100, a: 102 });
  });

  it('leaves marks alone that services of others have in the table, or services of the file', () => {
    const [inTable, inFile] = [new Set([100, 7]), new Set([101])];
    assert.deepEqual(marksOf({ names: ['a'], inTable, inFile }), { a: 102 });
  });

  it('takes a mark out of the table last of all, and only of a name that yields', () => {
    const remembered = new Map([
      ['a', 100],
      ['b', 101],
      ['c', 102],
      ['d', 103],
    ]);
    const inTable = new Set([100, 101, 103]);
    const yields = (name: string): boolean => name === 'b';
    const inputs = { ...nobody, names: ['x', 'y', 'z'], remembered, inTable, yields };
    const { marks, without } = allocateMarks(inputs);
    assert.deepEqual(Object.fromEntries(marks), { a: 100, x: 102, y: 101, d: 103 });
    assert.deepEqual(without, ['z']);
  });

  it('leaves a mark to somebody who has taken it while its service was away', () => {
    const remembered = new Map([['a', 100]]);
    const foreign = { remembered, inTable: new Set([100]), owned: new Set<string>() };
    assert.deepEqual(marksOf({ names: ['a'], ...foreign }), { a: 101 });
  });

  it('takes the mark away that the file gives to a service by fwmark', () => {
    const remembered = new Map([['a', 100]]);
    assert.deepEqual(marksOf({ names: ['a'], remembered, inFile: new Set([100]) }), { a: 101 });
  });

  it('keeps a mark out of the range while it is in the table, and no longer', () => {
    const remembered = new Map([['a', 7]]);
    assert.deepEqual(marksOf({ names: ['a'], remembered, inTable: new Set([7]) }), { a: 7 });
    assert.deepEqual(marksOf({ names: ['a'], remembered }), { a: 100 });
  });

  it('takes over what lvsd has in the kernel where nothing is remembered', () => {
    const [inTable, found] = [new Set([100, 103]), new Map([['a', 103]])];
    assert.deepEqual(marksOf({ names: ['b', 'a'], inTable, found }), { b: 101, a: 103 });
  });

  it('uses the marks of names that are gone when no other is left, but none that is still in the table', () => {
    const remembered = new Map([
      ['gone', 100],
      ['served', 101],
    ]);
    const { marks, without } = allocateMarks({
      ...nobody,
      names: ['a', 'b', 'c', 'd'],
      remembered,
      inTable: new Set([101]),
      owned: new Set(['served']),
    });
    assert.deepEqual(Object.fromEntries(marks), { served: 101, a: 102, b: 103, c: 100 });
    assert.deepEqual(without, ['d']);
  });

  it('is stable, without doubles and within its range over any history of reloads and restarts', () => {
    const random = seededRandom(4);
    const draw = (below: number): number => random.int(0, below - 1);
    for (let history = 0; history < 60; history++) {
      const range = { base: 100, size: 1 + draw(12) };
      let remembered: ReadonlyMap<string, number> = new Map();
      let served = new Map<string, number>();
      for (let reload = 0; reload < 40; reload++) {
        const names = everyName.filter(() => draw(3) === 0);
        const foreign = new Set(Array.from({ length: draw(3) }, () => 99 + draw(range.size + 2)));
        const others = [...foreign].filter((mark) => ![...served.values()].includes(mark));
        const inTable = new Set([...served.values(), ...others]);
        const inputs: MarkInputs = {
          names,
          remembered,
          range,
          inTable,
          inFile: new Set(),
          owned: new Set(served.keys()),
        };
        const { marks, without } = allocateMarks(inputs);
        assert.equal(new Set(marks.values()).size, marks.size, 'no mark twice');
        for (const name of names) {
          const mark = marks.get(name);
          const had = remembered.get(name);
          if (had !== undefined && !others.includes(had)) assert.equal(mark, had, `${name} keeps its mark`);
          assert.equal(mark === undefined, without.includes(name));
          if (mark === undefined) continue;
          assert.ok(mark >= range.base && mark < range.base + range.size);
          assert.ok(!others.includes(mark), 'nobody else has it');
        }
        for (const [name, mark] of served)
          assert.equal(marks.get(name), mark, 'what is served keeps its mark');
        if (without.length > 0) {
          const taken = new Set([...others, ...marks.values()]);
          for (let mark = range.base; mark < range.base + range.size; mark++) assert.ok(taken.has(mark));
        }
        served = new Map([...marks].filter(([name]) => names.includes(name)));
        remembered = draw(10) === 0 ? new Map(served) : marks;
      }
    }
  });
});
