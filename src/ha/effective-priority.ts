/** With which priority an instance stands for election. Pure. */
import { OWNER_PRIORITY } from './machine.js';

/** An owner has 255, whatever is wrong; nobody else has, and nobody has 0, which says that one leaves. */
export const HIGHEST_PRIORITY = 254;
const LOWEST_PRIORITY = 1;

/**
 * The configured priority with all that is added.
 *
 * @param weight 0 or below: what is wrong with what it depends on
 * @param raise 0 or above: what it has more while it holds what it was ordered to take
 */
export function effectivePriority(configured: number, weight: number, raise: number): number {
  if (configured === OWNER_PRIORITY) return configured;
  return Math.max(LOWEST_PRIORITY, Math.min(HIGHEST_PRIORITY, configured + weight + raise));
}

/** What one has to be raised by to stand above another, whatever is wrong with it; see `effectivePriority`. */
export function raiseAbove(other: number, configured: number, weight: number): number {
  return Math.max(0, Math.min(other + 1, HIGHEST_PRIORITY) - (configured + weight));
}
