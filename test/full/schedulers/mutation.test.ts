/** The vectors, traces and histories notice nearly every small change of the schedulers. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { formatMutant, runMutants } from '../../mutation/run-mutants.js';

const LEAST_SHARE = 0.95;

describe('mutants of the schedulers', () => {
  it(`are killed, at least ${LEAST_SHARE * 100} %`, async (t) => {
    const { verdicts, killed, equivalent, survivors, staleEquivalents } = await runMutants(() => undefined);
    const total = verdicts.length;
    // A flipped comparison or a step of 1 counts whether it can be noticed or not.
    const decisive = verdicts.filter(({ mutant }) => mutant.kind !== 'literal');
    const decisiveKilled = decisive.filter(({ killer }) => killer !== null).length;
    t.diagnostic(`comparisons and steps: ${decisiveKilled} of ${decisive.length} killed`);
    t.diagnostic(`${killed} of ${total} killed, ${equivalent} equivalent, ${survivors.length} survive`);
    for (const mutant of survivors) t.diagnostic(`survives: ${formatMutant(mutant)}`);
    assert.deepEqual(staleEquivalents, [], 'every mutant listed as equivalent still exists and survives');
    assert.ok(
      decisiveKilled >= LEAST_SHARE * decisive.length,
      `${decisiveKilled} of ${decisive.length} killed`,
    );
    // Other integers are often start values that nobody reads: those listed as equivalent do not count.
    assert.ok(killed >= LEAST_SHARE * (total - equivalent), `${killed} of ${total - equivalent} killed`);
  });
});
