/** What may be wrong with a configuration, one thing at a time. */

/** One thing that is wrong (or, as a warning, odd), with the exact place to change. */
export interface ConfigProblem {
  /** Absolute path of the file that holds the place; an included file is named itself. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
  /** Path in that file: `services[0].scheduler`; empty for the file as a whole. */
  readonly path: string;
  /** Stable kebab-case id of the rule that was broken; scripts may match it. */
  readonly rule: string;
  /** The reason, one line, without secrets. */
  readonly message: string;
  /** What to do about it; null when the message says it. */
  readonly hint: string | null;
  /** The source line with its number and a caret below the place, secrets blanked; empty when there is no text. */
  readonly excerpt: string;
}

/** `services[0].scheduler: "wcl" is not a scheduler`. */
export function describe(problem: ConfigProblem): string {
  return problem.path === '' ? problem.message : `${problem.path}: ${problem.message}`;
}
