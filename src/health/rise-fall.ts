/**
 * Counting of probe results: when does a verdict change? Pure, without time.
 *
 *                 bad result, `fall` in a row
 *              ┌──────────────────────────────►┐
 *   start ──► up                              down
 *              └◄──────────────────────────────┘
 *                 good result, `rise` in a row
 *
 * A result that agrees with the verdict sets the row back to nothing. The verdict before the first result is
 * `up`, so a director that starts does not take a working pool down; the first bad results need `fall` in a row too.
 */
import type { ProbeResult } from './types.js';

/** Results in a row that change a verdict; both at least 1. */
export interface RiseFall {
  readonly rise: number;
  readonly fall: number;
}

/** The opinion about one server. */
export interface Count {
  readonly state: 'up' | 'down';
  /** Latest results in a row that contradict `state`. */
  readonly contrary: number;
  /** For people: why the state is what it is, or how near it is to changing. */
  readonly reason: string;
}

/** Before the first probe. */
export const NOT_CHECKED: Count = { state: 'up', contrary: 0, reason: 'not checked yet' };

/**
 * The opinion after one more result.
 *
 * `limits` may differ from call to call: a row counted under old limits goes on under the new ones.
 * Never throws.
 */
export function count(before: Count, result: ProbeResult, limits: RiseFall): Count {
  const finding = result.ok ? result.detail : result.reason;
  const seen = result.ok ? 'up' : 'down';
  if (seen === before.state) return { state: seen, contrary: 0, reason: finding };

  const contrary = before.contrary + 1;
  const needed = result.ok ? limits.rise : limits.fall;
  if (contrary >= needed) return { state: seen, contrary: 0, reason: finding };
  return { state: before.state, contrary, reason: pending(result.ok, contrary, needed, finding) };
}

function pending(ok: boolean, contrary: number, needed: number, finding: string): string {
  return `${ok ? 'good' : 'failed'} ${contrary} of ${needed}: ${finding}`;
}
