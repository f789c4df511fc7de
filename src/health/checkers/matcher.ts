/** What an answer must hold, ready to be looked for. */
import { compileRegex } from '../../base/linear-regex.js';
import type { Expectation } from '../../model/health-check.js';
import { escapeBytes, printable } from './failure.js';

export interface Matcher {
  /** For people: `"+PONG"`, `/^220 /`. */
  readonly wanted: string;
  matches(bytes: Buffer): boolean;
  /** As `matches`, but a literal has to be all of the text, letters alike in both cases. */
  equals(text: string): boolean;
}

const LONGEST_WANTED = 60;

/** @throws Error for a pattern that is none, which the file's reader refuses before */
export function createMatcher(expectation: Expectation): Matcher {
  if ('literal' in expectation) {
    const { literal } = expectation;
    const bytes = Buffer.from(literal, 'latin1');
    const text = bytes.toString('utf8').toLowerCase();
    return {
      wanted: `"${printable(escapeBytes(literal), LONGEST_WANTED)}"`,
      matches: (answer) => answer.includes(bytes),
      equals: (answer) => answer.toLowerCase() === text,
    };
  }
  const { regex: source, ignoreCase } = expectation;
  const regex = compileRegex(source, ignoreCase);
  if ('fault' in regex) throw new Error(`pattern: ${regex.fault}`);
  return {
    wanted: printable(`/${source}/${ignoreCase ? 'i' : ''}`, LONGEST_WANTED),
    matches: (answer) => regex.test(answer.toString('utf8')),
    equals: (answer) => regex.test(answer),
  };
}
