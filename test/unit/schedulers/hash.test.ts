import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AddressReader } from '../../../schedulers/address.js';
import { hash32, hsiphash } from '../../../schedulers/hash.js';

const MAGLEV_KEY = { low0: 2654435761, high0: 0, low1: 2654435761, high1: 0 };

/** address, fold, 8 bits, 8 bits with port 40000, 10 bits, siphash, its rest by 4093, that with port 40000 */
const golden = [
  ['10.0.0.1', 0x0a000001, 39, 203, 159, 0x03080ce4, 3711, 2940],
  ['10.0.0.2', 0x0a000002, 137, 45, 550, 0x41cfde13, 1884, 273],
  ['192.168.1.100', 0xc0a80164, 89, 253, 357, 0xc15d2cf8, 1341, 1689],
  ['203.0.113.77', 0xcb00714d, 57, 221, 230, 0xd668af81, 2731, 1834],
  ['255.255.255.255', 0xffffffff, 158, 66, 632, 0x22c5d719, 3432, 1103],
  ['2001:db8::1', 0x20010db9, 63, 226, 252, 0xcdc3f189, 3457, 3517],
  ['fe80::1:2:3:4', 0xfe820006, 236, 144, 947, 0xfc6cf861, 1456, 2998],
] as const;

describe('hashes of addresses', () => {
  for (const [address, fold, eight, withPort, ten, sip, slot, slotWithPort] of golden) {
    it(`are the kernel's for ${address}`, () => {
      const value = new AddressReader().foldOf(address.includes(':') ? 6 : 4, address);
      assert.deepEqual(
        [value, hash32(value, 8), hash32(value + 40000, 8), hash32(value, 10)],
        [fold, eight, withPort, ten],
      );
      const hashed = hsiphash(MAGLEV_KEY, value);
      assert.deepEqual(
        [hashed, hashed % 4093, hsiphash(MAGLEV_KEY, value + 40000) % 4093],
        [sip, slot, slotWithPort],
      );
    });
  }

  it("passes the kernel's own test of hsiphash", () => {
    const key = { low0: 0x03020100, high0: 0x07060504, low1: 0x0b0a0908, high1: 0x0f0e0d0c };
    assert.equal(hsiphash(key, 0x03020100), 0x88d38328);
  });
});
