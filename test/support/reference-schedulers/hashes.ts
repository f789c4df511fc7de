/** The two hash primitives, in arithmetic that looks like their definition. */

const GOLDEN_RATIO_32 = 0x61c88647n;

/** The upper `bits` bits of the value times the golden ratio, mod 2^32. */
export function hash32(value: number, bits: number): number {
  const product = BigInt.asUintN(32, BigInt(value) * GOLDEN_RATIO_32);
  return Number(product >> BigInt(32 - bits));
}

/** The low half of SipHash-1-3 over one 4-byte little-endian value. */
export function hsiphash(value: number, key0: bigint, key1: bigint): number {
  const v: SipState = [
    0x736f6d6570736575n ^ key0,
    0x646f72616e646f6dn ^ key1,
    0x6c7967656e657261n ^ key0,
    0x7465646279746573n ^ key1,
  ];
  const block = (4n << 56n) | BigInt(value);
  v[3] ^= block;
  sipRound(v);
  v[0] ^= block;
  v[2] ^= 0xffn;
  for (let round = 0; round < 3; round++) sipRound(v);
  return Number(BigInt.asUintN(32, v[0] ^ v[1] ^ v[2] ^ v[3]));
}

type SipState = [bigint, bigint, bigint, bigint];

function sipRound(v: SipState): void {
  v[0] = add(v[0], v[1]);
  v[1] = rotateLeft(v[1], 13n) ^ v[0];
  v[0] = rotateLeft(v[0], 32n);
  v[2] = add(v[2], v[3]);
  v[3] = rotateLeft(v[3], 16n) ^ v[2];
  v[0] = add(v[0], v[3]);
  v[3] = rotateLeft(v[3], 21n) ^ v[0];
  v[2] = add(v[2], v[1]);
  v[1] = rotateLeft(v[1], 17n) ^ v[2];
  v[2] = rotateLeft(v[2], 32n);
}

function add(left: bigint, right: bigint): bigint {
  return BigInt.asUintN(64, left + right);
}

function rotateLeft(word: bigint, by: bigint): bigint {
  return BigInt.asUintN(64, word << by) | (word >> (64n - by));
}
