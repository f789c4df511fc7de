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
 * What is counted so is whether the server answers. An answer may rule it out (a replica where the primary is wanted):
 * that is a fact and needs no second one, neither to take the server down nor, when the answer is another one, to take
 * it back. A server that is down for silence or errors needs its row of answers all the same. What rules it out may be
 * its role, which is no failure, or a state in which it can serve nobody, which is one.
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
  /** It counts as down by its own answer alone: it answers, so that but for that it would count as up. */
  readonly ruledOut?: true;
  /** Ruled out, and not by its role: whatever is wanted. */
  readonly unfit?: true;
  /** No result has said anything of it yet: `countsAs` is a guess. */
  readonly unseen?: true;
}

/** Before the first probe. */
export function notChecked(countsAs: CountedState): Count {
  return { countsAs, known: false, contrary: 0, reason: 'not checked yet', unseen: true };
}

/** The opinion is as old as it is: what the server counts as stays, and so does the row. */
export function forgetCount(before: Count, reason: string): Count {
  return { ...before, known: false, reason };
}

/** The same server under another question: whether its last answer rules it out is judged anew. */
export function rejudge(before: Count, isRuledOut: boolean, reason: string): Count {
  if (before.unfit === true) return before;
  const { known, contrary } = before;
  const answers = answersAs(before);
  if (isRuledOut && answers === 'up') return { countsAs: 'down', known, contrary, reason, ruledOut: true };
  if (before.ruledOut !== true) return before;
  return { countsAs: answers, known, contrary, reason };
}

/** What the server would count as whatever it says: whether it answers. */
export function answersAs({ countsAs, ruledOut }: Pick<Count, 'countsAs' | 'ruledOut'>): CountedState {
  return ruledOut === true ? 'up' : countsAs;
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
  const isFact = !result.ok && result.fact === true;
  // Nothing was held against one that nobody had asked.
  const isFirst = isFact && before.unseen === true;
  const { answers, contrary } = isFirst
    ? ({ answers: 'up', contrary: 0 } as const)
    : countAnswer(before, result.ok || isFact, limits);
  if (answers === 'down') {
    const pends = result.ok && contrary > 0;
    const reason = pends ? pending(true, contrary, limits.rise, finding) : finding;
    return { countsAs: 'down', known: !pends || before.known, contrary, reason };
  }
  const reason = contrary > 0 ? pending(false, contrary, limits.fall, finding) : finding;
  if (isFact || (!result.ok && before.ruledOut === true)) {
    const isUnfit = isFact ? result.role === undefined : before.unfit === true;
    const ruledOut = { countsAs: 'down', known: true, contrary, reason, ruledOut: true } as const;
    return isUnfit ? { ...ruledOut, unfit: true } : ruledOut;
  }
  return { countsAs: 'up', known: contrary === 0 || before.known, contrary, reason };
}

function countAnswer(
  before: Count,
  answered: boolean,
  { rise, fall }: RiseFall,
): { readonly answers: CountedState; readonly contrary: number } {
  const answers = answersAs(before);
  const seen = answered ? 'up' : 'down';
  if (seen === answers) return { answers, contrary: 0 };
  const contrary = before.contrary + 1;
  return contrary >= (answered ? rise : fall) ? { answers: seen, contrary: 0 } : { answers, contrary };
}

function pending(ok: boolean, contrary: number, needed: number, finding: string): string {
  return `${ok ? 'good' : 'failed'} ${contrary} of ${needed}: ${finding}`;
}
