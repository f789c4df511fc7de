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

export const deviations: readonly Deviation[] = [];
