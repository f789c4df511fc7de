/** The kernel's two hashes, in 32-bit arithmetic: no BigInt, since `pick` runs them. */

const GOLDEN_RATIO_32 = 0x61c88647;

/**
 * Multiplicative hash of a 32-bit value into `bits` bits, 1..32.
 *
 * @see include/linux/hash.h (hash_32); kernels before about 4.18 used another one
 */
export function hash32(value: number, bits: number): number {
  return Math.imul(value, GOLDEN_RATIO_32) >>> (32 - bits);
}

/** A 128-bit key as four 32-bit halves. */
export interface SipKey {
  readonly low0: number;
  readonly high0: number;
  readonly low1: number;
  readonly high1: number;
}

/**
 * SipHash-1-3 of one 32-bit little-endian value, cut to its low 32 bits (unsigned).
 *
 * The four 64-bit words are kept as halves; `x >>> 0 < y >>> 0` after an addition is its carry.
 *
 * @see lib/siphash.c (hsiphash on 64-bit kernels); the SipHash paper by Aumasson and Bernstein
 */
export function hsiphash(key: SipKey, value: number): number {
  let low0 = key.low0 ^ 0x70736575;
  let high0 = key.high0 ^ 0x736f6d65;
  let low1 = key.low1 ^ 0x6e646f6d;
  let high1 = key.high1 ^ 0x646f7261;
  let low2 = key.low0 ^ 0x6e657261;
  let high2 = key.high0 ^ 0x6c796765;
  // The only block: the length 4 in the top byte, the value below.
  let low3 = key.low1 ^ 0x79746573 ^ value;
  let high3 = key.high1 ^ 0x74656462 ^ 0x04000000;
  for (let round = 0; round < 4; round++) {
    low0 = (low0 + low1) | 0;
    high0 = (high0 + high1 + (low0 >>> 0 < low1 >>> 0 ? 1 : 0)) | 0;
    let low = ((low1 << 13) | (high1 >>> 19)) ^ low0;
    high1 = ((high1 << 13) | (low1 >>> 19)) ^ high0;
    low1 = low;
    low = low0;
    low0 = high0;
    high0 = low;

    low2 = (low2 + low3) | 0;
    high2 = (high2 + high3 + (low2 >>> 0 < low3 >>> 0 ? 1 : 0)) | 0;
    low = ((low3 << 16) | (high3 >>> 16)) ^ low2;
    high3 = ((high3 << 16) | (low3 >>> 16)) ^ high2;
    low3 = low;

    low0 = (low0 + low3) | 0;
    high0 = (high0 + high3 + (low0 >>> 0 < low3 >>> 0 ? 1 : 0)) | 0;
    low = ((low3 << 21) | (high3 >>> 11)) ^ low0;
    high3 = ((high3 << 21) | (low3 >>> 11)) ^ high0;
    low3 = low;

    low2 = (low2 + low1) | 0;
    high2 = (high2 + high1 + (low2 >>> 0 < low1 >>> 0 ? 1 : 0)) | 0;
    low = ((low1 << 17) | (high1 >>> 15)) ^ low2;
    high1 = ((high1 << 17) | (low1 >>> 15)) ^ high2;
    low1 = low;
    low = low2;
    low2 = high2;
    high2 = low;

    if (round === 0) {
      // One round has taken in the block; the other three finish.
      low0 ^= value;
      high0 ^= 0x04000000;
      low2 ^= 0xff;
    }
  }
  return (low0 ^ low1 ^ low2 ^ low3) >>> 0;
}
