/** Runs cases by the stock program, each on its table. */
import type { Case } from '../corpus/case.js';
import type { FixtureTables } from './fixture-tables.js';
import type { RecordedCase, RecordedRun } from './recording.js';
import { canonicalText, readTable } from './table-state.js';

export function stockAnswers(tables: FixtureTables, { name, fixture, runs }: Case): RecordedCase {
  const before = tables.enter(fixture);
  let text = canonicalText(before);
  const answered = runs.map((run): RecordedRun => {
    const answer = tables.ipvsadm.run(run);
    const table = readTable(tables.client);
    const changed = canonicalText(table) !== text;
    text = canonicalText(table);
    return { ...run, ...answer, ...(changed ? { table } : {}) };
  });
  return { name, fixture, before, runs: answered };
}
