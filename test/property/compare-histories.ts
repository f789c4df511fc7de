/** Plays random histories against the reference and a build of the schedulers, and explains a difference. */
import type { AlgorithmName } from '../support/reference-schedulers/model.js';
import { referenceSubject } from '../support/reference-schedulers/subject.js';
import type { Extreme } from './generate-extremes.js';
import { generateHistory } from './generate-history.js';
import { formatOperation } from './history.js';
import type { History } from './history.js';
import { firstDifference, observe } from './play-history.js';
import type { Observation } from './play-history.js';
import { shrinkHistory } from './shrink-history.js';
import type { SchedulersModule } from './tested-subject.js';
import { testedSubject } from './tested-subject.js';

/** The first seed when none is given, so that every run of the suite plays the same histories. */
export const BASE_SEED = 20_260_101;

/** The seeds to play: `count` from the base, or the one in LVSD_TEST_SEED alone. */
export function seedsToPlay(count: number): number[] {
  const only = process.env['LVSD_TEST_SEED'];
  if (only !== undefined && only !== '') return [Number(only)];
  return Array.from({ length: count }, (_, index) => BASE_SEED + index);
}

export interface Comparison {
  readonly histories: number;
  readonly operations: number;
  readonly picks: number;
  /** A report for people, null when all is equal. */
  readonly failure: string | null;
}

/** Stops at the first history that differs. */
export function compareHistories(
  algorithm: AlgorithmName,
  seeds: readonly number[],
  module: SchedulersModule,
  generate: Extreme['generate'] = generateHistory,
): Comparison {
  const createTested = testedSubject(module);
  let histories = 0;
  let operations = 0;
  let picks = 0;
  for (const seed of seeds) {
    const history = generate(algorithm, seed);
    const expected = observe(history, referenceSubject);
    histories += 1;
    operations += history.operations.length;
    picks += expected.filter(({ chosen }) => chosen !== null).length;
    if (firstDifference(history, expected, createTested) === null) continue;
    return { histories, operations, picks, failure: explain(algorithm, seed, history, module) };
  }
  return { histories, operations, picks, failure: null };
}

function explain(algorithm: AlgorithmName, seed: number, history: History, module: SchedulersModule): string {
  const createTested = testedSubject(module);
  const differs = (candidate: History): boolean =>
    firstDifference(candidate, observe(candidate, referenceSubject), createTested) !== null;
  const short = shrinkHistory(history, differs);
  const expected = observe(short, referenceSubject);
  const difference = firstDifference(short, expected, createTested)!;
  return [
    `${algorithm} differs from the reference model with seed ${seed}`,
    `run it alone: LVSD_TEST_SEED=${seed} node --import tsx test/run.ts property/schedulers`,
    `options: ${JSON.stringify(short.options)}`,
    `slots: ${JSON.stringify(short.slots)}`,
    `bound: ${JSON.stringify(short.bound)}`,
    `shortest history found (of ${history.operations.length} operations):`,
    ...short.operations
      .slice(0, difference.index + 1)
      .map(
        (operation, index) => `  ${formatOperation(operation)}  -> ${formatObservation(expected[index]!)}`,
      ),
    `  but was ${formatObservation(difference.observed)}`,
  ].join('\n');
}

function formatObservation({ chosen, overloaded }: Observation): string {
  const flag = overloaded === null ? '' : overloaded ? ' overloaded' : ' not overloaded';
  if (chosen === null) return flag.trim() || 'nothing';
  return chosen === 0 ? 'none' : `object ${chosen}${flag}`;
}
