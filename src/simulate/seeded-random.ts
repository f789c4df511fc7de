import type { Random } from '../base/clock.js';

/** Randomness that a seed repeats on every machine: xorshift with 32 bits of state, never stuck at zero. */
export function seededRandom(seed: number): Random {
  let state = Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
