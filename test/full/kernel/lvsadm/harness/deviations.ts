/**
 * Where lvsadm may answer otherwise than the stock tool: each entry carries the number under which lvsadm(8) lists it. A
 * difference without an entry fails, and so does an entry without a difference.
 */

export type Aspect = 'stdout' | 'stderr' | 'exit' | 'table';

export interface Deviation {
  /** In the man page's list. */
  readonly number: number;
  readonly subject: string;
  /** Names of the cases, whole. */
  readonly cases: RegExp;
  /** What differs; the rest is compared. */
  readonly aspects: readonly Aspect[];
}

const all: readonly Aspect[] = ['stdout', 'stderr', 'exit', 'table'];

export const deviations: readonly Deviation[] = [
  { number: 2, subject: 'command-options', cases: /^(-h with .*|long --help)$/, aspects: ['stdout'] },
  { number: 2, subject: 'grammar', cases: /^(first word|left over): (-h|--h).*$/, aspects: ['stdout'] },
  { number: 5, subject: 'services', cases: /^-b ,,? of .*$/, aspects: all },
  { number: 6, subject: 'counters', cases: /^web with \d{10,}: -Ln --(stats|rate).*$/, aspects: ['stdout'] },
  {
    number: 8,
    subject: 'connections',
    cases: /^a line that is none: .*$/,
    aspects: ['stdout', 'stderr', 'exit'],
  },
  { number: 10, subject: 'grammar', cases: /^own option: .*$/, aspects: ['stdout', 'stderr', 'exit'] },
];
