/** Which failed servers stay in, because too few would be left without them. Pure. */
import type { ServerKey } from '../model/keys.js';
import type { ServingMemory } from '../model/serving.js';

/** A failed server that would take connections if it were well. */
export interface FailedServer {
  readonly key: ServerKey;
  /** When it failed, ms since the epoch; ties go to the one that stands first. */
  readonly failedMs: number;
}

export interface PanicInputs {
  /** Share below which no further failed server is taken out, 0..1. */
  readonly threshold: number;
  /** Servers that are to take connections: none that an operator took out, none of weight 0. */
  readonly total: number;
  /** How many of them are well. */
  readonly healthy: number;
  /** In the order of the file. */
  readonly failed: readonly FailedServer[];
  /** Undefined before the first decision. */
  readonly memory: Pick<ServingMemory, 'panic' | 'out'> | undefined;
}

/**
 * Chooses the failed servers that stay in: none while the healthy ones are at least the threshold's share of all.
 *
 * Below it, those stay that were kept in so far, and of those that failed since the last decision the ones that did so
 * when the share was lost already: as many as if each failure had been looked at by itself. Where that is still less
 * than the share, as after a start, more are taken back. Whoever failed last comes first. Never throws.
 */
export function keepInPanic({
  threshold,
  total,
  healthy,
  failed,
  memory,
}: PanicInputs): ReadonlySet<ServerKey> {
  const missing = fewestOf(threshold, total) - healthy;
  if (missing <= 0) return new Set();
  const before = new Set(memory?.panic);
  const out = new Set(memory?.out);
  const latestFirst = failed.toSorted((a, b) => b.failedMs - a.failedMs).map(({ key }) => key);
  const fresh = latestFirst.filter((key) => !before.has(key) && !out.has(key));
  const kept = new Set([...latestFirst.filter((key) => before.has(key)), ...fresh.slice(0, missing)]);
  for (const key of latestFirst) {
    if (kept.size >= missing) break;
    kept.add(key);
  }
  return kept;
}

/** The least number of servers that is not fewer than this share of `total`. */
function fewestOf(share: number, total: number): number {
  // 0.07 * 100 is a little more than 7.
  return Math.ceil(share * total - 1e-9);
}
