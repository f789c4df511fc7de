/** Runs cases by the stock program, each on its table. */
import type { Case } from '../corpus/case.js';
import type { FixtureTables } from './namespaces.js';
import type { RecordedCase, RecordedRun } from './recording.js';
import { stockIpvsadm } from './stock.js';
import { canonicalText, readTable, toJson } from './table-state.js';
import type { TableState } from './table-state.js';

/** @param fixturesSeen the table of each fixture as it was first found; added to */
export function stockAnswers(
  tables: FixtureTables,
  { name, fixture, runs }: Case,
  fixturesSeen: Record<string, TableState>,
): RecordedCase {
  const { client, before } = tables.enter(fixture);
  let text = canonicalText(before);
  const answered = runs.map((run): RecordedRun => {
    const answer = stockIpvsadm(run);
    const table = readTable(client);
    const changed = canonicalText(table) !== text;
    text = canonicalText(table);
    return { ...run, ...answer, ...(changed ? { table } : {}) };
  });
  const seen = (fixturesSeen[fixture] ??= before);
  const sameOrder = toJson(seen) === toJson(before);
  return { name, fixture, ...(sameOrder ? {} : { before }), runs: answered };
}
