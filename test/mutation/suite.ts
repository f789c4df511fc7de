/** What a mutant has to survive: limits, worked examples, random and extreme histories, recorded traces. */
import { BASE_SEED } from '../property/compare-histories.js';
import { compareTemplates } from '../property/compare-templates.js';
import { EXTREMES } from '../property/generate-extremes.js';
import { generateHistory } from '../property/generate-history.js';
import type { History } from '../property/history.js';
import { firstDifference, observe } from '../property/play-history.js';
import type { Observation } from '../property/play-history.js';
import { testedSubject } from '../property/tested-subject.js';
import type { SchedulersModule } from '../property/tested-subject.js';
import type { AlgorithmName } from '../support/reference-schedulers/model.js';
import { replayTrace } from '../support/reference-schedulers/replay.js';
import { referenceSubject } from '../support/reference-schedulers/subject.js';
import { loadTraces } from '../support/reference-schedulers/trace.js';
import { runVector, VECTORS } from '../support/reference-schedulers/vectors.js';
import { checkLimits } from './limits.js';

const HISTORIES = 120;
const TEMPLATE_LIVES = 150;

/** What of the schedulers is judged. */
export interface Scope {
  /** The mutated file inside schedulers/; null for the unmutated build, which faces everything. */
  readonly file: string | null;
  readonly algorithms: readonly AlgorithmName[];
}

interface Expectation {
  readonly history: History;
  readonly expected: readonly Observation[];
}

/** The reference's answers, computed once for all mutants of a process. */
const expectations = new Map<string, readonly Expectation[]>();
const traces = [...loadTraces().values()];

/** Computes the reference's answers that judging needs, unless they are there. */
export function prepare({ file, algorithms }: Scope): void {
  for (const algorithm of algorithms) expectationsOf(algorithm, file);
}

/** What kills the build, or null when it survives. */
export function findKiller(module: SchedulersModule, { file, algorithms }: Scope): string | null {
  return (
    checkLimits(module)[0] ??
    templatesKiller(module) ??
    first(algorithms, (algorithm) => vectorKiller(module, algorithm)) ??
    first(algorithms, (algorithm) => historyKiller(module, algorithm, file)) ??
    first(algorithms, (algorithm) => traceKiller(module, algorithm))
  );
}

function first<Item>(items: readonly Item[], find: (item: Item) => string | null): string | null {
  for (const item of items) {
    const found = find(item);
    if (found !== null) return found;
  }
  return null;
}

function vectorKiller(module: SchedulersModule, algorithm: AlgorithmName): string | null {
  const own = VECTORS.filter(({ options }) => options.algorithm === algorithm);
  return first(own, (vector) => runVector(vector, testedSubject(module))[0] ?? null);
}

function historyKiller(
  module: SchedulersModule,
  algorithm: AlgorithmName,
  file: string | null,
): string | null {
  const createTested = testedSubject(module);
  return first(expectationsOf(algorithm, file), ({ history, expected }) => {
    const difference = firstDifference(history, expected, createTested);
    return difference === null ? null : `${algorithm} history, operation ${difference.index}`;
  });
}

function traceKiller(module: SchedulersModule, algorithm: AlgorithmName): string | null {
  const own = traces.filter(({ scheduler }) => scheduler === algorithm);
  return first(own, (trace) => replayTrace(trace, testedSubject(module)).differences[0] ?? null);
}

function templatesKiller(module: SchedulersModule): string | null {
  return first(seeds(TEMPLATE_LIVES), (seed) => compareTemplates(seed, module));
}

/** Random histories, and the extreme ones that could tell more about the file. */
function expectationsOf(algorithm: AlgorithmName, file: string | null): readonly Expectation[] {
  const extremes = EXTREMES.filter(
    ({ algorithms, sources }) =>
      algorithms.includes(algorithm) && (file === null || (sources?.includes(file) ?? true)),
  );
  return [
    ...remembered(`${algorithm} random`, () =>
      seeds(HISTORIES).map((seed) => generateHistory(algorithm, seed)),
    ),
    ...extremes.flatMap(({ name, histories, generate }) =>
      remembered(`${algorithm} ${name}`, () => seeds(histories).map((seed) => generate(algorithm, seed))),
    ),
  ];
}

function remembered(key: string, generate: () => History[]): readonly Expectation[] {
  const known = expectations.get(key);
  if (known !== undefined) return known;
  const made = generate().map((history) => ({ history, expected: observe(history, referenceSubject) }));
  expectations.set(key, made);
  return made;
}

function seeds(count: number): number[] {
  return Array.from({ length: count }, (_, index) => BASE_SEED + index);
}
