/** Whether it is too early to say that a service is not well: its servers are down only until they are known. Pure. */
import type { ServerKey } from '../model/keys.js';
import type { ServingMemory, ServingTier } from '../model/serving.js';
import type { CountedState, Verdict } from '../model/status.js';
import type { Standing } from './judge-server.js';

/** A server of which nothing is known for so long is no new one any more, ms: its checks can tell nothing. */
const LONGEST_MS = 60_000;

/** Whether nobody knows yet what the server is, and it is taken for down meanwhile. */
export function isNew(verdict: Verdict | undefined, initial: CountedState): boolean {
  if (verdict === undefined) return initial === 'down';
  const { state, countsAs, checkedAtMs, sinceMs } = verdict;
  if (state !== 'unknown' || countsAs === 'up') return false;
  return checkedAtMs === null || checkedAtMs - sinceMs < LONGEST_MS;
}

/**
 * Whether the service is as it is only for its first servers' sake: with this one it would be told at each first start.
 * Never throws.
 *
 * @param memory of the last decision; undefined before the first
 */
export function isUntold(
  tier: ServingTier,
  memory: ServingMemory | undefined,
  standings: readonly Standing[],
  about: {
    readonly initial: CountedState;
    readonly verdicts: ReadonlyMap<ServerKey, Verdict> | undefined;
  },
): boolean {
  if (tier === 'primaries' || tier === 'panic') return false;
  if (memory !== undefined && memory.untold !== true) return false;
  return standings.some(
    ({ server, state }) => state !== 'ordered-out' && isNew(about.verdicts?.get(server.key), about.initial),
  );
}
