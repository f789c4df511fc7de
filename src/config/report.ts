/** Problems as text for a terminal. */
import { describe, type ConfigProblem } from './problem.js';

export interface ReportOptions {
  /** ANSI colours. */
  readonly color: boolean;
  /** Heading word of each problem, default `error`. */
  readonly severity?: 'error' | 'warning';
}

/** More than this helps nobody; the rest is counted. */
const LONGEST_REPORT = 100;

const COLOURS = { error: '\u001b[31m', warning: '\u001b[33m', hint: '\u001b[36m' } as const;
const RESET = '\u001b[0m';

/** Each problem as `file:line:column: error: path: reason [rule]`, excerpt and hint; at most 100, then a count. */
export function formatReport(problems: readonly ConfigProblem[], options: ReportOptions): string {
  const paint = (style: keyof typeof COLOURS, text: string): string =>
    options.color ? `${COLOURS[style]}${text}${RESET}` : text;
  const severity = options.severity ?? 'error';
  const blocks = problems.slice(0, LONGEST_REPORT).map((problem) => {
    const place = `${problem.file}:${problem.line}:${problem.column}`;
    const lines = [`${place}: ${paint(severity, `${severity}:`)} ${describe(problem)} [${problem.rule}]`];
    if (problem.excerpt !== '') lines.push(problem.excerpt);
    if (problem.hint !== null) lines.push(`  ${paint('hint', 'hint:')} ${problem.hint}`);
    return `${lines.join('\n')}\n`;
  });
  const left = problems.length - blocks.length;
  if (left > 0) blocks.push(`and ${left} more\n`);
  return blocks.join('');
}
