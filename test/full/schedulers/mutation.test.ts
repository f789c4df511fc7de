/** The vectors, traces and histories notice nearly every small change of the schedulers. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { formatMutant, runMutants } from '../../mutation/run-mutants.js';

const LEAST_SHARE = 0.95;

describe('mutants of the schedulers', () => {
  it(`are killed, at least ${LEAST_SHARE * 100} % of those that behave differently`, async (t) => {
    const { verdicts, killed, equivalent, survivors, staleEquivalents } = await runMutants(() => undefined);
    const total = verdicts.length;
    t.diagnostic(`${killed} of ${total} killed, ${equivalent} equivalent, ${survivors.length} survive`);
    for (const mutant of survivors) t.diagnostic(`survives: ${formatMutant(mutant)}`);
    assert.deepEqual(staleEquivalents, [], 'every mutant listed as equivalent still exists and survives');
    assert.ok(killed >= LEAST_SHARE * (total - equivalent), `${killed} of ${total - equivalent} killed`);
  });
});
