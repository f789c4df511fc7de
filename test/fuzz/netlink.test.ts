/** The decoders of netlink against wrong messages; the full tier has fifty times as many. */
import { describe, it } from 'node:test';
import { assertBalanced, firstSeed, report, runCases, runInputs } from './run.js';

const inputs = 20_000;

describe(`decoders of netlink on ${inputs} wrong messages (seeds from ${firstSeed})`, () => {
  it('take or refuse what once broke a rule', () => runCases());

  it('give a value or throw CodecError, and read nothing past the end', (t) => {
    const tally = runInputs(inputs);
    report(tally, (line) => t.diagnostic(line));
    assertBalanced(tally);
  });
});
