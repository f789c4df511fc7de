import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AddressCache, CacheEntry } from '../../../schedulers/address-cache.js';

class Entry extends CacheEntry<Entry> {}

const MINUTE_MS = 60_000;
const MAX_SIZE = 16_384;

function address(index: number): string {
  return `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
}

function fill(cache: AddressCache<Entry>, count: number, nowMs = 0): void {
  for (let index = 0; index < count; index++) {
    if (cache.find(4, address(index), nowMs) === null) cache.insert(new Entry(nowMs));
  }
}

function known(cache: AddressCache<Entry>, index: number, nowMs: number): boolean {
  return cache.find(4, address(index), nowMs) !== null;
}

/** How many of the first `count` addresses are remembered; looking is no use, so nothing gets younger by it. */
function knownOf(cache: AddressCache<Entry>, count: number, nowMs: number): number {
  let found = 0;
  for (let index = 0; index < count; index++) if (known(cache, index, nowMs)) found++;
  return found;
}

describe('AddressCache', () => {
  it('goes by the whole address, not by its fold', () => {
    const cache = new AddressCache<Entry>({ expirationMs: 1, capped: false });
    const entry = new Entry(0);
    assert.equal(cache.find(6, '2001:db8::1', 0), null);
    cache.insert(entry);
    assert.equal(cache.find(6, '2001:db8:0:0:0:0:0:1', 0), entry);
    // All of these fold to the same 32 bits, with the words in other places.
    for (const other of [
      '::1:2001:db8',
      '0:0:2001:db8::1',
      '0:0:0:1:2001:db8::',
      '2001:db9::',
      '2001:db8:0:1::',
    ]) {
      assert.equal(cache.find(6, other, 0), null, other);
    }
  });

  it('drops idle entries at every thirtieth tick, counted from the first call', () => {
    const cache = new AddressCache<Entry>({ expirationMs: 30 * MINUTE_MS, capped: false });
    fill(cache, 1, 5000);
    // The thirtieth tick is due 30 minutes after the first call; the entry is exactly that old.
    assert.equal(known(cache, 0, 5000 + 30 * MINUTE_MS - 1), true);
    assert.equal(known(cache, 0, 5000 + 30 * MINUTE_MS), false);
  });

  it('keeps what was used within the expiration until the next full check', () => {
    const cache = new AddressCache<Entry>({ expirationMs: MINUTE_MS, capped: false });
    fill(cache, 1);
    const entry = cache.find(4, address(0), 29 * MINUTE_MS + 1);
    assert.ok(entry);
    entry.lastUseMs = 29 * MINUTE_MS + 1;
    assert.equal(known(cache, 0, 59 * MINUTE_MS), true);
    assert.equal(known(cache, 0, 60 * MINUTE_MS), false);
  });

  it('counts ticks on over an empty table', () => {
    const cache = new AddressCache<Entry>({ expirationMs: 0, capped: false });
    cache.find(4, address(0), 0);
    // 45 ticks: the next full check is the sixtieth.
    fill(cache, 1, 45 * MINUTE_MS);
    assert.equal(known(cache, 0, 60 * MINUTE_MS - 1), true);
    assert.equal(known(cache, 0, 60 * MINUTE_MS), false);
  });

  it('drops part of the idle entries of a table that is too large, bucket after bucket', () => {
    const cache = new AddressCache<Entry>({ expirationMs: 86_400_000, capped: false });
    fill(cache, MAX_SIZE + 3000);
    // At the sixth tick they are idle for 360 s exactly; 4000 must go, whole buckets at a time.
    const count = MAX_SIZE + 3000;
    assert.equal(knownOf(cache, count, 6 * MINUTE_MS - 1), count);
    const dropped = count - knownOf(cache, count, 6 * MINUTE_MS);
    assert.ok(dropped >= 4000 && dropped < 4100, `${dropped} were dropped`);
    // It fits now: the next tick only counts.
    assert.equal(knownOf(cache, count, 7 * MINUTE_MS), count - dropped);
  });

  it('takes no more than 24576 entries when capped', () => {
    for (const [capped, want] of [
      [true, 24_576],
      [false, 24_600],
    ] as const) {
      const cache = new AddressCache<Entry>({ expirationMs: 1, capped });
      fill(cache, 24_600);
      assert.equal(knownOf(cache, 24_600, 0), want);
    }
  });

  it('counts replaced entries on, unless capped', () => {
    for (const [capped, want] of [
      [false, 0],
      [true, 1],
    ] as const) {
      const cache = new AddressCache<Entry>({ expirationMs: 86_400_000, capped });
      fill(cache, 1);
      for (let count = 0; count < MAX_SIZE; count++) cache.noteReplaced();
      assert.equal(knownOf(cache, 1, 10 * MINUTE_MS), want);
    }
  });
});
