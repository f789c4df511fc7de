/**
 * What a case of the corpus is: command lines on a table. Nothing here knows which program answers them.
 */
import type { FixtureName } from './fixtures.js';

/** One call of the program. */
export interface Run {
  readonly argv: readonly string[];
  readonly stdin?: string;
  /** What /proc/net/ip_vs_conn holds meanwhile; without it what the kernel says. */
  readonly connections?: string;
  /** POSIXLY_CORRECT is set: options end at the first word that is none. */
  readonly posixlyCorrect?: true;
  /** What every service and server has counted; without it what the kernel says. See `Counters`. */
  readonly counters?: Counters;
}

/**
 * 13 numbers in decimal, for a bigint is not JSON: connections, packets in and out, bytes in and out; their rates in the same
 * order; active, inactive and persistent connections of servers, which have 32 bits.
 */
export type Counters = readonly string[];

export interface Case {
  /** Unique in the corpus; begins with the subject. */
  readonly name: string;
  /** The table before the first run. */
  readonly fixture: FixtureName;
  /** Run in this order, on the same table. */
  readonly runs: readonly Run[];
  /**
   * The answer depends on the kernel's own order, which differs from one namespace to the next: it cannot be held against
   * one that was recorded elsewhere. The runs change nothing.
   */
  readonly anyOrder?: true;
}

export interface Subject {
  readonly subject: string;
  readonly cases: readonly Case[];
}

/** A command line, words apart by single blanks. `''` stands for an empty word, as in a shell. */
export function words(line: string): string[] {
  if (line === '') return [];
  return line.split(' ').map((word) => (word === "''" ? '' : word));
}

/** A case of one command line. */
export function one(name: string, fixture: FixtureName, line: string | readonly string[]): Case {
  return several(name, fixture, [line]);
}

/** A case of several command lines in a row. */
export function several(
  name: string,
  fixture: FixtureName,
  lines: readonly (string | readonly string[])[],
): Case {
  const runs = lines.map((line) => ({ argv: typeof line === 'string' ? words(line) : line }));
  return { name, fixture, runs };
}

/** A case that gives `script` to `-R`, and lists afterwards. */
export function restore(
  name: string,
  fixture: FixtureName,
  script: string,
  argv: readonly string[] = ['-R'],
): Case {
  return { name, fixture, runs: [{ argv, stdin: script }, { argv: ['-Sn'] }] };
}

/** As a word of a case's name: what would be empty or invisible is spelled out. */
export function spelled(value: string): string {
  return JSON.stringify(value).slice(1, -1) || '(empty)';
}
