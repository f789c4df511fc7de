/** Collects problems while a configuration is read, so that all are told at once. */
import { didYouMean } from './did-you-mean.js';
import type { ConfigProblem } from './problem.js';
import type { SourceText, TextRange } from './source-text.js';

/** Where a problem is: a file's text, a range in it, and the path of the thing there. */
export interface ProblemPlace {
  readonly source: SourceText;
  readonly range: TextRange;
  readonly path: string;
}

/** What is wrong, without the place. */
export interface Finding {
  /** Stable kebab-case id. */
  readonly rule: string;
  readonly message: string;
  readonly hint?: string | null;
}

interface Entry extends ProblemPlace, Finding {}

/** More at once come from one mistake of a generator; the place of each costs time, and the reader stops at a few. */
const MOST_PROBLEMS = 1000;
/** Longer lists of what is allowed are not read. */
const LONGEST_LIST = 25;

/** Thrown to end the reading of a file that is wrong in more ways than will be told. */
export class TooManyProblems extends Error {}

export class ProblemList {
  readonly #entries = new Map<string, Entry>();

  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  get isFull(): boolean {
    return this.#entries.size >= MOST_PROBLEMS;
  }

  get size(): number {
    return this.#entries.size;
  }

  /**
   * Notes a problem; the same rule at the same place is told once, in the words that came first.
   *
   * @throws TooManyProblems when the list is full
   */
  add(place: ProblemPlace, finding: Finding): void {
    const key = `${place.source.file}\0${place.range.start}\0${finding.rule}`;
    if (this.#entries.has(key)) return;
    if (this.isFull) throw new TooManyProblems(`more than ${MOST_PROBLEMS} problems`);
    this.#entries.set(key, { ...place, ...finding });
  }

  /** All problems in order of files (as first met), then of places. Excerpts are made here, when all secrets are known. */
  finish(): ConfigProblem[] {
    const entries = [...this.#entries.values()];
    const order = new Map<string, number>();
    for (const entry of entries) {
      if (!order.has(entry.source.file)) order.set(entry.source.file, order.size);
    }
    const rank = (entry: Entry): number => order.get(entry.source.file) ?? 0;
    return entries
      .sort((a, b) => rank(a) - rank(b) || a.range.start - b.range.start)
      .map((entry) => toProblem(entry));
  }
}

function toProblem(entry: Entry): ConfigProblem {
  return {
    file: entry.source.file,
    ...entry.source.position(entry.range.start),
    path: entry.path,
    rule: entry.rule,
    message: entry.message,
    hint: entry.hint ?? null,
    excerpt: entry.source.text === '' ? '' : entry.source.excerpt(entry.range),
  };
}

/** A hint of the form `did you mean "x"?`, or what is allowed when nothing is near. */
export function suggest(word: string, candidates: readonly string[]): string | null {
  const near = didYouMean(word, candidates);
  if (near !== null) return `did you mean "${near}"?`;
  if (candidates.length > LONGEST_LIST)
    return `none of the ${candidates.length} names that are known is near`;
  return candidates.length === 0 ? null : `allowed: ${[...candidates].sort().join(', ')}`;
}
