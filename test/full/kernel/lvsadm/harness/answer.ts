/** What a program answers to one command line, and how two answers are shown side by side. */
import type { Run } from '../corpus/case.js';

export interface Answer {
  readonly stdout: string;
  readonly stderr: string;
  /** As a shell tells it: 128 + n for a program that signal n ended. */
  readonly exit: number;
}

/** A program under test, in this thread's network namespace. What a run does not give it cannot read. */
export type Program = (run: Run) => Answer | Promise<Answer>;

/** Where two texts differ, line by line with what is invisible spelled out; empty when they are equal. */
export function difference(what: string, expected: string, got: string): string[] {
  if (expected === got) return [];
  const left = visibleLines(expected);
  const right = visibleLines(got);
  const common = longestCommonLines(left, right);
  const shown: string[] = [`  ${what}:`];
  let l = 0;
  let r = 0;
  for (const line of [...common, null]) {
    while (l < left.length && left[l] !== line) shown.push(`    - ${left[l++] ?? ''}`);
    while (r < right.length && right[r] !== line) shown.push(`    + ${right[r++] ?? ''}`);
    if (line === null) break;
    shown.push(`      ${line}`);
    l++;
    r++;
  }
  return shorten(shown);
}

/** Each line ends in `$`, as `cat -A` shows it; a text without newline at its end has no `$` there. */
function visibleLines(text: string): string[] {
  const lines = text.split('\n');
  const last = lines.pop() ?? '';
  const visible = lines.map((line) => `${escaped(line)}$`);
  return last === '' ? visible : [...visible, escaped(last)];
}

function escaped(line: string): string {
  return JSON.stringify(line).slice(1, -1).replaceAll('\\"', '"');
}

function longestCommonLines(left: readonly string[], right: readonly string[]): string[] {
  // lengths[l][r]: of the longest common run of lines of left from l on and right from r on
  const lengths = Array.from({ length: left.length + 1 }, () => new Array<number>(right.length + 1).fill(0));
  for (let l = left.length - 1; l >= 0; l--) {
    for (let r = right.length - 1; r >= 0; r--) {
      const longer = Math.max(lengths[l + 1]![r]!, lengths[l]![r + 1]!);
      lengths[l]![r] = left[l] === right[r] ? lengths[l + 1]![r + 1]! + 1 : longer;
    }
  }
  const common: string[] = [];
  for (let l = 0, r = 0; l < left.length && r < right.length;) {
    if (left[l] === right[r]) {
      common.push(left[l]!);
      l++;
      r++;
    } else if (lengths[l + 1]![r]! >= lengths[l]![r + 1]!) l++;
    else r++;
  }
  return common;
}

const mostLines = 40;

function shorten(lines: string[]): string[] {
  if (lines.length <= mostLines) return lines;
  return [...lines.slice(0, mostLines), `    (${lines.length - mostLines} lines more)`];
}
