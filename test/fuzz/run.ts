/** Random inputs from fixed seeds: input n has the seed `firstSeed + n`, so a failing one is run alone by its seed. */
import assert from 'node:assert/strict';
import { seededRandom } from '../support/random.js';
import { hex, hexOf } from '../support/scripted-messages.js';
import { cases } from './cases.js';
import { check, Tally } from './check.js';
import { makeInput } from './mutate.js';

export const firstSeed = Number(process.env['LVSD_TEST_SEED'] ?? 20260);

export function runCases(): void {
  for (const [why, kind, datagram] of cases) {
    try {
      check(hex(datagram), kind, seededRandom(1), new Tally());
    } catch (error) {
      throw new Error(why, { cause: error });
    }
  }
}

/** @throws Error that names the seed of the input which broke a rule, and the input */
export function runInputs(count: number): Tally {
  const tally = new Tally();
  const { stackTraceLimit } = Error;
  for (let seed = firstSeed; seed < firstSeed + count; seed++) {
    try {
      // most of the time would go into traces of errors that are expected
      Error.stackTraceLimit = 0;
      runInput(seed, tally);
    } catch {
      Error.stackTraceLimit = stackTraceLimit;
      runInput(seed, tally);
    }
  }
  Error.stackTraceLimit = stackTraceLimit;
  return tally;
}

function runInput(seed: number, tally: Tally): void {
  const random = seededRandom(seed);
  const { kind, datagram } = makeInput(random);
  try {
    check(datagram, kind, random, tally);
  } catch (error) {
    throw new Error(`LVSD_TEST_SEED=${seed}, ${kind}: ${hexOf(datagram)}`, { cause: error });
  }
}

/** Every decoder must have seen enough that it takes and enough that it refuses, or the inputs are no test of it. */
export function assertBalanced(tally: Tally): void {
  for (const [name, { decoded, refused }] of tally.entries()) {
    const least = (decoded + refused) / 50;
    assert.ok(decoded > least && refused > least, `${name}: ${decoded} decoded, ${refused} refused`);
  }
}

export function report(tally: Tally, diagnostic: (line: string) => void): void {
  for (const [name, { decoded, refused }] of tally.entries()) {
    diagnostic(`${name}: ${decoded} decoded, ${refused} refused`);
  }
}
