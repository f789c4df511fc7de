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

interface Expectation {
  readonly history: History;
  readonly expected: readonly Observation[];
}

/** The reference's answers, computed once for all mutants of a process. */
const expectations = new Map<AlgorithmName, readonly Expectation[]>();
const traces = [...loadTraces().values()];

/** Computes the reference's answers that judging needs, unless they are there. */
export function prepare(algorithms: readonly AlgorithmName[]): void {
  for (const algorithm of algorithms) expectationsOf(algorithm);
}

/** What kills the build, or null when it survives. */
export function findKiller(module: SchedulersModule, algorithms: readonly AlgorithmName[]): string | null {
  return (
    checkLimits(module)[0] ??
    templatesKiller(module) ??
    first(algorithms, (algorithm) => vectorKiller(module, algorithm)) ??
    first(algorithms, (algorithm) => historyKiller(module, algorithm)) ??
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

function historyKiller(module: SchedulersModule, algorithm: AlgorithmName): string | null {
  const createTested = testedSubject(module);
  return first(expectationsOf(algorithm), ({ history, expected }) => {
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

function expectationsOf(algorithm: AlgorithmName): readonly Expectation[] {
  const known = expectations.get(algorithm);
  if (known !== undefined) return known;
  const random = seeds(HISTORIES).map((seed) => generateHistory(algorithm, seed));
  const extreme = EXTREMES.filter(({ algorithms }) => algorithms.includes(algorithm)).flatMap(
    ({ generate, histories }) => seeds(histories).map((seed) => generate(algorithm, seed)),
  );
  const made = [...random, ...extreme].map((history) => ({
    history,
    expected: observe(history, referenceSubject),
  }));
  expectations.set(algorithm, made);
  return made;
}

function seeds(count: number): number[] {
  return Array.from({ length: count }, (_, index) => BASE_SEED + index);
}
