/** The parsers of checks against answers that no sane server gives; the full tier has twenty times as many. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkParser, checkPieces, parsers } from './probe-parsers.js';
import { firstSeed } from './run.js';

const INPUTS = Number(process.env['LVSD_FUZZ_PROBES'] ?? 5000);

function withSeed(seed: number, run: () => void): void {
  try {
    run();
  } catch (error) {
    throw new Error(`LVSD_TEST_SEED=${seed}`, { cause: error });
  }
}

describe(`parsers of checks on ${INPUTS} wrong answers each (seeds from ${firstSeed})`, () => {
  for (const parser of parsers)
    it(`${parser.name} gives a value or throws its own error, and reads nothing past the end`, (t) => {
      let taken = 0;
      for (let seed = firstSeed; seed < firstSeed + INPUTS; seed++)
        withSeed(seed, () => {
          if (checkParser(parser, seed)) taken++;
        });
      t.diagnostic(`${taken} taken, ${INPUTS - taken} refused`);
      // Else the inputs would be no test of one of both.
      assert.ok(taken > INPUTS / 100 && taken < INPUTS - INPUTS / 100, `${taken} of ${INPUTS} taken`);
    });

  it('smtp gives the same replies however they are cut into pieces', () => {
    for (let seed = firstSeed; seed < firstSeed + INPUTS; seed++) withSeed(seed, () => checkPieces(seed));
  });
});
