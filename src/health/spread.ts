/** Where in time each probe has its place, so that thousands do not come at once. Pure. */

/** As early as this does a probe come that was not there before, or within its interval if that is shorter, ms. */
export const SOON_MS = 1000;
/** Probes that begin together come no closer than this on average, ms, but each within its interval. */
const CLOSEST_MS = 1;

/**
 * A number in [0, 1) that depends on the text alone: the same probe has the same place on every director and after
 * every start. FNV-1a, its last bits mixed into the first.
 */
export function phaseOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return ((hash ^ (hash >>> 15)) >>> 0) / 2 ** 32;
}

/** How long to wait before the first of `together` probes that begin at the same time. */
export function firstDelayMs(phase: number, intervalMs: number, together: number): number {
  return phase * Math.min(intervalMs, Math.max(SOON_MS, together * CLOSEST_MS));
}
