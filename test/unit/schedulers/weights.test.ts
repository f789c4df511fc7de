import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { commonDivisor, productExceeds } from '../../../schedulers/weights.js';

describe('productExceeds', () => {
  it('is exact where doubles are not', () => {
    const large = 2 ** 31 - 1;
    assert.equal(productExceeds(2 ** 39 + 1, large, 2 ** 39, large), true);
    assert.equal(productExceeds(2 ** 39, large, 2 ** 39 + 1, large), false);
    assert.equal(productExceeds(2 ** 39, large, 2 ** 39, large), false);
    // 2^62 - 1 and 2^62 - 2 are one double.
    assert.equal(productExceeds(2 ** 31 - 1, 2 ** 31 + 1, 2 ** 31 - 2, 2 ** 31 + 2), true);
  });

  it('agrees with whole-number arithmetic', () => {
    const overhead = fc.oneof(
      fc.nat(1000),
      fc.integer({ min: 0, max: 2 ** 31 }).map((count) => count * 257),
    );
    const weight = fc.oneof(fc.nat(10), fc.nat(2 ** 31 - 1));
    fc.assert(
      fc.property(overhead, weight, overhead, weight, fc.boolean(), (a, b, c, d, near) => {
        const left = near ? c + 1 : a;
        const right = near ? d : b;
        assert.equal(productExceeds(left, right, c, d), BigInt(left) * BigInt(right) > BigInt(c) * BigInt(d));
      }),
    );
  });

  it('lets a search begin at infinity, but not with weight 0', () => {
    assert.equal(productExceeds(Infinity, 1, 2 ** 40, 1), true);
    assert.equal(productExceeds(Infinity, 0, 0, 1), false);
  });
});

describe('commonDivisor', () => {
  it('leaves out weight 0', () => assert.equal(commonDivisor([0, 12, 18, 0]), 6));
  it('is 0 without any weight', () => assert.equal(commonDivisor([0, 0]), 0));
});
