/** A million wrong messages: see test/fuzz/check.ts for what must hold. */
import { describe, it } from 'node:test';
import { assertBalanced, firstSeed, report, runInputs } from '../fuzz/run.js';

const inputs = 1_000_000;

describe(`decoders of netlink on ${inputs} wrong messages (seeds from ${firstSeed})`, () => {
  it('give a value or throw CodecError, and read nothing past the end', (t) => {
    const tally = runInputs(inputs);
    report(tally, (line) => t.diagnostic(line));
    assertBalanced(tally);
  });
});
