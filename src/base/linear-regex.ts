/**
 * Patterns that the file gives, matched against what strangers send. JavaScript's own matcher tries every way a pattern could
 * fit, and a short one can hold up the director for hours; RE2's takes time in proportion to the text, whatever the pattern.
 */
import { createRequire } from 'node:module';
import type { RE2JS as Engine } from 're2js';
import { reasonOf } from './errors.js';

/** A compiled pattern. */
export interface LinearRegex {
  /** Whether it matches somewhere in `text`. */
  test(text: string): boolean;
}

/** A longer pattern is a mistake, and its automaton a large one. */
const LONGEST_PATTERN = 1000;

const load = createRequire(import.meta.url);

/**
 * Compiles a pattern of RE2's syntax: as usual, but without references back and without looking around.
 * `.` does not match the end of a line; `^` and `$` are the ends of the text, `(?m)` makes them those of a line.
 *
 * @returns the fault in words when it is none
 */
export function compileRegex(source: string, ignoreCase: boolean): LinearRegex | { readonly fault: string } {
  if (source.length > LONGEST_PATTERN) return { fault: `is longer than ${LONGEST_PATTERN} characters` };
  // Here and not above: it takes 50 ms, which a file without a pattern need not wait for.
  const { RE2JS } = load('re2js') as { readonly RE2JS: typeof Engine };
  try {
    const compiled = RE2JS.compile(source, ignoreCase ? RE2JS.CASE_INSENSITIVE : 0);
    return { test: (text) => compiled.matcher(text).find() };
  } catch (thrown) {
    return { fault: reasonOf(thrown).replace(/^error parsing regexp: /, '') };
  }
}
