/** Judges every mutant of schedulers/ and sums up. */
import { availableParallelism } from 'node:os';

import { ALGORITHM_NAMES } from '../support/reference-schedulers/model.js';
import { MutantFactory } from './build.js';
import { EQUIVALENT_MUTANTS } from './equivalent-mutants.js';
import type { EquivalentMutant } from './equivalent-mutants.js';
import { Judge, TIMED_OUT } from './judge.js';
import type { Mutant } from './mutants.js';

const ORIGINAL_LIMIT_MS = 120_000;
const LEAST_LIMIT_MS = 4000;

export interface Verdict {
  readonly mutant: Mutant;
  readonly killer: string | null;
}

export interface MutationReport {
  readonly verdicts: readonly Verdict[];
  readonly killed: number;
  /** Survived and listed as equivalent. */
  readonly equivalent: number;
  /** Of the killed, those that only the time limit ended. */
  readonly timedOut: number;
  /** Neither killed nor listed as equivalent. */
  readonly survivors: readonly Mutant[];
  /** Listed as equivalent, but killed or no longer in the source. */
  readonly staleEquivalents: readonly EquivalentMutant[];
}

/** @throws Error when the unmutated build does not survive: then no verdict would mean anything */
export async function runMutants(onVerdict: (verdict: Verdict) => void): Promise<MutationReport> {
  const factory = await MutantFactory.open();
  try {
    const queue = factory.mutants();
    const verdicts: Verdict[] = [];
    const work = async (): Promise<void> => {
      const judge = new Judge();
      try {
        const limitMs = await limitFor(judge, factory);
        for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
          const verdict = await judgeMutant(mutant, judge, factory, limitMs);
          verdicts.push(verdict);
          onVerdict(verdict);
        }
      } finally {
        judge.close();
      }
    };
    await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, work));
    return summarise(verdicts);
  } finally {
    await factory.close();
  }
}

/** Twice what the unmutated build takes; it must survive, and the second time the reference's answers are there. */
async function limitFor(judge: Judge, factory: MutantFactory): Promise<number> {
  const order = { folder: factory.original, file: null, algorithms: ALGORITHM_NAMES };
  let startedMs = 0;
  for (const _round of ['first', 'second']) {
    startedMs = performance.now();
    const killer = await judge.judge(order, ORIGINAL_LIMIT_MS);
    if (killer !== null) throw new Error(`run mutants: the unmutated schedulers fail, ${killer}`);
  }
  return Math.max(LEAST_LIMIT_MS, 2 * (performance.now() - startedMs));
}

async function judgeMutant(
  mutant: Mutant,
  judge: Judge,
  factory: MutantFactory,
  limitMs: number,
): Promise<Verdict> {
  const folder = await factory.build(mutant);
  const { file } = mutant;
  const killer = await judge.judge({ folder, file, algorithms: factory.algorithmsReaching(file) }, limitMs);
  await factory.discard(folder);
  return { mutant, killer };
}

function summarise(verdicts: readonly Verdict[]): MutationReport {
  const survived = verdicts.filter(({ killer }) => killer === null).map(({ mutant }) => mutant);
  const survivors = survived.filter(
    (mutant) => !EQUIVALENT_MUTANTS.some((listed) => isListed(mutant, listed)),
  );
  return {
    verdicts,
    killed: verdicts.length - survived.length,
    equivalent: survived.length - survivors.length,
    timedOut: verdicts.filter(({ killer }) => killer === TIMED_OUT).length,
    survivors,
    staleEquivalents: EQUIVALENT_MUTANTS.filter((listed) => isStale(listed, survived)),
  };
}

/** Every change that is listed must be one of a mutant that survived. */
function isStale(listed: EquivalentMutant, survived: readonly Mutant[]): boolean {
  const changes = survived.filter((mutant) => isListed(mutant, listed)).map(({ change }) => change);
  return !listed.changes.every((change) => changes.includes(change));
}

function isListed(mutant: Mutant, { file, lineText, changes }: EquivalentMutant): boolean {
  return mutant.file === file && mutant.lineText === lineText && changes.includes(mutant.change);
}

/** As `schedulers/wlc.ts:12 < to <=: source line`. */
export function formatMutant({ file, line, change, lineText }: Mutant): string {
  return `schedulers/${file}:${line} ${change}: ${lineText}`;
}
