/**
 * What the stock program answered to a subject of the corpus, written down: so that answers can be compared where there is
 * no kernel. One line a case, for the sake of whoever reads a change of it.
 */
import type { Run } from '../corpus/case.js';
import type { Answer } from './answer.js';
import { toJson } from './table-state.js';
import type { TableState } from './table-state.js';

/** A run with its answer. `table` is there when the run changed the table: what it was afterwards. */
export type RecordedRun = Run & Answer & { readonly table?: TableState };

export interface RecordedCase {
  readonly name: string;
  /** Whose table, in `fixtures`, the first run found. */
  readonly fixture: string;
  /** That table, where this case found its services in another order. */
  readonly before?: TableState;
  readonly runs: readonly RecordedRun[];
}

export interface Recording {
  /** The command that makes the file again, and the versions that made it. */
  readonly made: Readonly<Record<string, string>>;
  readonly fixtures: Readonly<Record<string, TableState>>;
  readonly cases: readonly RecordedCase[];
}

export function formatRecording(recording: Recording): string {
  const fixtures = Object.entries(recording.fixtures).map(
    ([name, table]) => `${JSON.stringify(name)}:${toJson(table)}`,
  );
  return [
    `{"made":${JSON.stringify(recording.made)},`,
    `"fixtures":{\n${fixtures.join(',\n')}},`,
    `"cases":[\n${recording.cases.map((one) => toJson(one)).join(',\n')}\n]}`,
    '',
  ].join('\n');
}
