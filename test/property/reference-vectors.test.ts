/** The reference model against the specification's worked examples and hash tables. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { foldAddress } from '../support/reference-schedulers/addresses.js';
import { hash32, hsiphash } from '../support/reference-schedulers/hashes.js';
import { fillTable, permutationOf, slotOf } from '../support/reference-schedulers/maglev.js';
import { newDestination } from '../support/reference-schedulers/service.js';
import { referenceSubject } from '../support/reference-schedulers/subject.js';
import { runVector, VECTORS } from '../support/reference-schedulers/vectors.js';

const MH_KEY = 2_654_435_761n;

/** address, fold, dh/sh bucket, sh bucket with port 40000, lblc bucket, mh hash, mh slot, mh slot with port 40000 */
const hashRows = [
  ['10.0.0.1', 0x0a000001, 39, 203, 159, 0x03080ce4, 3711, 2940],
  ['10.0.0.2', 0x0a000002, 137, 45, 550, 0x41cfde13, 1884, 273],
  ['192.168.1.100', 0xc0a80164, 89, 253, 357, 0xc15d2cf8, 1341, 1689],
  ['203.0.113.77', 0xcb00714d, 57, 221, 230, 0xd668af81, 2731, 1834],
  ['255.255.255.255', 0xffffffff, 158, 66, 632, 0x22c5d719, 3432, 1103],
  ['2001:db8::1', 0x20010db9, 63, 226, 252, 0xcdc3f189, 3457, 3517],
  ['fe80::1:2:3:4', 0xfe820006, 236, 144, 947, 0xfc6cf861, 1456, 2998],
] as const;

function tableOf(weights: readonly [a: number, b: number, c: number]): string {
  const list = weights.map((weight, index) => ({
    ...newDestination(4, `10.1.0.${index + 1}`, 80),
    lastWeight: weight,
  }));
  const letters = new Map(list.map((destination, index) => [destination, 'ABC'.charAt(index)]));
  return fillTable(list.reverse(), 12)
    .map((destination) => letters.get(destination!)!)
    .join('');
}

function count(text: string, letter: string): number {
  return text.split(letter).length - 1;
}

describe('reference hashes', () => {
  for (const [address, fold, bucket, portBucket, cacheBucket, mhHash, slot, portSlot] of hashRows) {
    it(`hash ${address} as specified`, () => {
      assert.equal(foldAddress(address), fold);
      assert.equal(hash32(fold, 8), bucket);
      assert.equal(hash32((fold + 40_000) % 2 ** 32, 8), portBucket);
      assert.equal(hash32(fold, 10), cacheBucket);
      assert.equal(hsiphash(fold, MH_KEY, MH_KEY), mhHash);
      assert.equal(slotOf(address, 0, 0, 4093), slot);
      assert.equal(slotOf(address, 40_000, 0, 4093), portSlot);
    });
  }

  it('hsiphash passes its self-test', () => {
    assert.equal(hsiphash(0x03020100, 0x0706050403020100n, 0x0f0e0d0c0b0a0908n), 0x88d38328);
  });
});

describe('reference mh table', () => {
  it('starts and steps as specified', () => {
    const permutation = (last: number) => permutationOf({ address: `10.1.0.${last}`, port: 80 }, 4093);
    assert.deepEqual(permutation(1), { offset: 310, skip: 1461 });
    assert.deepEqual(permutation(2), { offset: 2769, skip: 572 });
    assert.deepEqual(permutation(3), { offset: 2424, skip: 45 });
  });

  it('fills equal weights as specified', () => {
    const table = tableOf([1, 1, 1]);
    assert.ok(table.startsWith('CCCACBCBCABACACA'));
    assert.deepEqual([count(table, 'A'), count(table, 'B'), count(table, 'C')], [1364, 1364, 1365]);
  });

  it('fills weights 1, 0, 100 as specified', () => {
    const table = tableOf([1, 0, 100]);
    assert.deepEqual([count(table, 'A'), count(table, 'B'), count(table, 'C')], [80, 0, 4013]);
  });
});

describe('reference model on the worked examples', () => {
  for (const vector of VECTORS) {
    it(vector.name, () => {
      assert.deepEqual(runVector(vector, referenceSubject), []);
    });
  }
});
