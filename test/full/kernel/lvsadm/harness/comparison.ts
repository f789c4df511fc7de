/** One case by both programs: what the stock one answered, and where the other one differs. */
import type { Case } from '../corpus/case.js';
import { difference } from './answer.js';
import type { Answer, Program } from './answer.js';
import type { Aspect } from './deviations.js';
import { letOthersRun } from './fixture-tables.js';
import type { FixtureTables } from './fixture-tables.js';
import type { RecordedCase } from './recording.js';
import { canonicalText, readTable } from './table-state.js';
import type { TableState } from './table-state.js';

/** Lines to show, indented, for each aspect of each run that differs. */
export interface Difference {
  readonly aspect: Aspect;
  readonly lines: readonly string[];
}

/**
 * Runs a case by `program` and compares it with `recorded`, the stock program's answers.
 *
 * Both begin with the very same table, so the kernel's order is the same.
 */
export async function compareCase(
  tables: FixtureTables,
  { fixture, runs }: Case,
  recorded: RecordedCase,
  program: Program,
): Promise<Difference[]> {
  let expectedTable = tables.enter(fixture);
  const differences: Difference[] = [];
  for (const [index, run] of runs.entries()) {
    const expected = recorded.runs[index]!;
    expectedTable = expected.table ?? expectedTable;
    const answer = await program(run);
    if (run.argv.includes('--start-daemon')) letOthersRun();
    const found = [
      ...compareAnswers(expected, answer),
      ...compareTables(expectedTable, readTable(tables.client)),
    ].filter(({ lines }) => lines.length > 0);
    const command = `  $ ipvsadm ${run.argv.map((word) => (/^[^\s"]+$/.test(word) ? word : JSON.stringify(word))).join(' ')}`;
    differences.push(...found.map(({ aspect, lines }) => ({ aspect, lines: [command, ...lines] })));
  }
  return differences;
}

export function compareAnswers(expected: Answer, got: Answer): Difference[] {
  const exits = expected.exit === got.exit ? [] : [`  exit: ${expected.exit}, not ${got.exit}`];
  return [
    { aspect: 'stdout', lines: difference('stdout', expected.stdout, got.stdout) },
    { aspect: 'stderr', lines: difference('stderr', expected.stderr, got.stderr) },
    { aspect: 'exit', lines: exits },
  ];
}

export function compareTables(expected: TableState, got: TableState): Difference[] {
  return [{ aspect: 'table', lines: difference('table', canonicalText(expected), canonicalText(got)) }];
}
