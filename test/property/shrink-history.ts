/** Cuts a failing history down to a shorter one that still fails. */
import type { History, Operation } from './history.js';

/** Tries at most; each plays a history, and a report that is nearly shortest is good enough. */
const MAX_TRIES = 2000;

/**
 * Removes ever smaller pieces while `fails` stays true.
 *
 * @param fails must be true for `history`
 */
export function shrinkHistory(history: History, fails: (candidate: History) => boolean): History {
  let best = history;
  let tries = 0;
  for (let size = Math.ceil(best.operations.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let start = best.operations.length - size; start >= 0 && tries < MAX_TRIES; start -= size) {
      const candidate = { ...best, operations: without(best.operations, start, size) };
      tries++;
      if (fails(candidate)) best = candidate;
      start = Math.min(start, best.operations.length);
    }
  }
  return best;
}

function without(operations: readonly Operation[], start: number, size: number): Operation[] {
  return [...operations.slice(0, start), ...operations.slice(start + size)];
}
