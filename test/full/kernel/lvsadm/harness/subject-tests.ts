/** The tests of a part: each subject by both programs, and against its recording. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { skipWithout } from '../../../../support/require-tool.js';
import type { Subject } from '../corpus/case.js';
import { compareCase } from './comparison.js';
import type { Difference } from './comparison.js';
import { deviations } from './deviations.js';
import type { Deviation } from './deviations.js';
import { lvsadm } from './lvsadm.js';
import { installNames } from './name-service.js';
import { FixtureTables } from './fixture-tables.js';
import { readRecording, recordingAsked, writeRecording } from './recording-files.js';
import type { RecordedCase } from './recording.js';
import { stockAnswers } from './stock-answers.js';
import { toJson } from './table-state.js';

/** So many are shown in full; the rest by name. */
const mostShown = 25;

/** @param skip why they cannot be run, beside that there is no ipvsadm */
export function compareSubjects(subjects: readonly Subject[], skip: false | string = false): void {
  describe('lvsadm', { skip: skip || skipWithout('ipvsadm', 'apt-get install ipvsadm') }, () => {
    let tables: FixtureTables;
    before(() => {
      installNames();
      tables = new FixtureTables();
    });
    after(() => tables.close());
    for (const subject of subjects) {
      it(`answers ${subject.cases.length} cases of ${subject.subject} as ipvsadm does`, () =>
        compareSubject(tables, subject));
    }
  });
}

async function compareSubject(tables: FixtureTables, { subject, cases }: Subject): Promise<void> {
  const recorded: RecordedCase[] = [];
  const allowed = new Allowance(subject);
  const failures: string[][] = [];
  for (const one of cases) {
    const answers = stockAnswers(tables, one);
    recorded.push(answers);
    if (recordingAsked) continue;
    const differences = await compareCase(tables, one, answers, lvsadm);
    const unexpected = differences.filter((difference) => !allowed.takes(one.name, difference));
    if (unexpected.length > 0) failures.push([one.name, ...unexpected.flatMap(({ lines }) => lines)]);
  }
  if (recordingAsked) {
    writeRecording(subject, recorded);
    return;
  }
  assert.ok(failures.length === 0, report(failures, cases.length));
  assert.deepEqual(allowed.unused(), [], 'deviations that no case shows');
  compareWithRecording(subject, cases, recorded);
}

/** Deviations of a subject, and which of them were seen. */
class Allowance {
  readonly #deviations: readonly Deviation[];
  readonly #used = new Set<Deviation>();

  constructor(subject: string) {
    this.#deviations = deviations.filter((deviation) => deviation.subject === subject);
  }

  takes(name: string, { aspect }: Difference): boolean {
    const fitting = this.#deviations.filter(
      ({ cases, aspects }) => cases.test(name) && aspects.includes(aspect),
    );
    fitting.forEach((deviation) => this.#used.add(deviation));
    return fitting.length > 0;
  }

  unused(): string[] {
    return this.#deviations
      .filter((deviation) => !this.#used.has(deviation))
      .map(({ number, cases }) => `${number}: ${String(cases)}`);
  }
}

function report(failures: readonly (readonly string[])[], total: number): string {
  const rest = failures.slice(mostShown).map(([name]) => `  ${name ?? ''}`);
  return [
    `${failures.length} of ${total} cases differ (- ipvsadm, + lvsadm)`,
    ...failures.slice(0, mostShown).map((lines) => lines.join('\n')),
    ...(rest.length === 0 ? [] : [`and ${rest.length} more:`, ...rest]),
  ].join('\n');
}

/** The recordings hold lvsadm where there is no kernel, so they must be what this ipvsadm says. */
function compareWithRecording(
  subject: string,
  cases: Subject['cases'],
  answers: readonly RecordedCase[],
): void {
  const recording = readRecording(subject);
  const known = new Map(recording.cases.map((one) => [one.name, answersOf(one)]));
  const changed = cases.filter(
    ({ name, anyOrder }, index) => anyOrder !== true && known.get(name) !== answersOf(answers[index]!),
  );
  const cure = recording.made['command'] ?? '';
  assert.deepEqual(
    changed.map(({ name }) => name),
    [],
    `ipvsadm answers otherwise than in the recording of ${subject}; cure: ${cure}`,
  );
  assert.equal(known.size, cases.length, `recorded cases of ${subject}; cure: ${cure}`);
}

function answersOf({ runs }: RecordedCase): string {
  return toJson(runs.map(({ argv, stdin, stdout, stderr, exit }) => ({ argv, stdin, stdout, stderr, exit })));
}
