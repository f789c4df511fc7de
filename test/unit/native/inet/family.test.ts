import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { familyNumber, familyOfNumber } from '../../../../native/inet/family.js';

describe('familyNumber', () => {
  it("gives Linux's number of either family", () => {
    assert.equal(familyNumber('ipv4'), 2);
    assert.equal(familyNumber('ipv6'), 10);
  });
});

describe('familyOfNumber', () => {
  it('is the way back', () => {
    for (const family of ['ipv4', 'ipv6'] as const)
      assert.equal(familyOfNumber(familyNumber(family)), family);
  });

  it('gives null for what is not IP', () => {
    for (const number of [0, 1, 7, 16, 17, -1, 2.5, 0x102]) assert.equal(familyOfNumber(number), null);
  });
});
