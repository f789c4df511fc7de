/**
 * Counting of probe results: when does the opinion about a server change? Pure, without time.
 *
 *                 bad result, `fall` in a row
 *              ┌──────────────────────────────►┐
 *              up                              down
 *              └◄──────────────────────────────┘
 *                 good result, `rise` in a row
 *
 * A result that agrees with what the server counts as sets the row back to nothing. Before the first result the server
 * counts as its service's `initial`, and the first results need `rise` or `fall` in a row to change that, too.
 *
 * Beside it stands whether anybody knows: not before the first result, and not when results have been missing for too
 * long. A result that agrees makes it known, and so does a row that changes it; a result that contradicts does not.
 */
import type { CountedState } from '../model/status.js';
import type { ProbeResult } from './types.js';

/** Results in a row that change an opinion; both at least 1. */
export interface RiseFall {
  readonly rise: number;
  readonly fall: number;
}

/** The opinion of one check about one server. */
export interface Count {
  readonly countsAs: CountedState;
  /** False: `countsAs` is what it was before nobody knew, or a guess. */
  readonly known: boolean;
  /** Latest results in a row that contradict `countsAs`. */
  readonly contrary: number;
  /** For people: why it is as it is, or how near it is to changing. */
  readonly reason: string;
}

/** Before the first probe. */
export function notChecked(countsAs: CountedState): Count {
  return { countsAs, known: false, contrary: 0, reason: 'not checked yet' };
}

/** The opinion is as old as it is: what the server counts as stays, and so does the row. */
export function forgetCount(before: Count, reason: string): Count {
  return { ...before, known: false, reason };
}

/**
 * The opinion after one more result. One that says nothing of the server makes it unknown and changes no row.
 *
 * `limits` may differ from call to call: a row counted under old limits goes on under the new ones.
 * Never throws.
 */
export function count(before: Count, result: ProbeResult, limits: RiseFall): Count {
  if (result.ok === null) return forgetCount(before, result.reason);
  const finding = result.ok ? result.detail : result.reason;
  const seen = result.ok ? 'up' : 'down';
  if (seen === before.countsAs) return { countsAs: seen, known: true, contrary: 0, reason: finding };

  const contrary = before.contrary + 1;
  const needed = result.ok ? limits.rise : limits.fall;
  if (contrary >= needed) return { countsAs: seen, known: true, contrary: 0, reason: finding };
  return { ...before, contrary, reason: pending(result.ok, contrary, needed, finding) };
}

function pending(ok: boolean, contrary: number, needed: number, finding: string): string {
  return `${ok ? 'good' : 'failed'} ${contrary} of ${needed}: ${finding}`;
}
