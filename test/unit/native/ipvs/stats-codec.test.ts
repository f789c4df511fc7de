import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeStats } from '../../../../native/ipvs/stats-codec.js';
import { CodecError } from '../../../../native/netlink/errors.js';
import { attribute, concat, u16, u32, u64 } from '../../../support/scripted-messages.js';
import { readerOf, statsFrom, stats64Nest, statsNest } from './golden.js';

describe('decodeStats', () => {
  it('reads 64-bit counters exactly, up to the largest', () => {
    for (const first of [0n, 2n ** 32n, 2n ** 53n + 1n, 2n ** 64n - 10n]) {
      assert.deepEqual(decodeStats(readerOf(stats64Nest(first))), statsFrom(first));
    }
  });

  it('reads 32-bit counters as unsigned', () => {
    for (const first of [0n, 2n ** 31n, 2n ** 32n - 10n]) {
      assert.deepEqual(decodeStats(readerOf(statsNest(first))), statsFrom(first));
    }
  });

  it('passes over padding and over counters of later kernels', () => {
    const padded = concat(attribute(11), stats64Nest(5n), attribute(11), attribute(12, u16(1)));
    assert.deepEqual(decodeStats(readerOf(padded)), statsFrom(5n));
  });

  it('reads counters that are aligned to 4 bytes only', () => {
    const shifted = concat(attribute(99), stats64Nest(2n ** 40n));
    assert.deepEqual(decodeStats(readerOf(shifted)), statsFrom(2n ** 40n));
  });

  for (let missing = 1; missing <= 10; missing++) {
    it(`refuses a nest without counter ${missing}`, () => {
      const others = Array.from({ length: 10 }, (_, index) => index + 1).filter((id) => id !== missing);
      const nest = concat(...others.map((id) => attribute(id, u64(1n))));
      assert.throws(() => decodeStats(readerOf(nest)), {
        message: `counter ${missing} at offset 0: expected an attribute, got none`,
      });
    });
  }

  it('refuses counters of another size', () => {
    for (const value of [u16(1), concat(u64(1n), u32(1)), new Uint8Array()]) {
      assert.throws(() => decodeStats(readerOf(stats64Nest(1n), attribute(1, value))), CodecError);
    }
  });
});
