import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sameData } from '../../../src/base/same-data.js';

const EQUAL: readonly (readonly [unknown, unknown])[] = [
  [1, 1],
  [Number.NaN, Number.NaN],
  [null, null],
  ['a', 'a'],
  [[], []],
  [
    [1, [2, { a: 3 }]],
    [1, [2, { a: 3 }]],
  ],
  [
    { a: 1, b: { c: [true] } },
    { b: { c: [true] }, a: 1 },
  ],
  [{ a: undefined }, {}],
  [{}, { a: undefined }],
];

const DIFFERENT: readonly (readonly [unknown, unknown])[] = [
  [1, 2],
  [0, -0],
  [1, '1'],
  [null, undefined],
  [null, {}],
  [{}, null],
  [[], {}],
  [{}, []],
  [[1], [1, 2]],
  [[1, 2], [1]],
  [
    [1, 2],
    [2, 1],
  ],
  [{ a: 1 }, { a: 2 }],
  [{ a: 1 }, {}],
  [{}, { a: 1 }],
  [{ a: 1 }, { b: 1 }],
  [{ a: { b: 1 } }, { a: { b: 2 } }],
];

describe('sameData', () => {
  for (const [one, other] of EQUAL)
    it(`finds ${JSON.stringify([one, other])} equal`, () => {
      assert.equal(sameData(one, other), true);
      assert.equal(sameData(other, one), true);
    });
  for (const [one, other] of DIFFERENT)
    it(`finds ${JSON.stringify([one, other])} different`, () => {
      assert.equal(sameData(one, other), false);
    });
});
