/** Judges what was read of the host by the limits of the configuration. Pure. */
import type { HostLimit } from '../../../model/track.js';
import type { Sight } from './track-book.js';

/**
 * One that is bad is well again only at some distance from its limit, a tenth of it: at the limit nothing changes with each look.
 */
const DISTANCE = 0.1;

type LoadLimit = Extract<HostLimit, { of: 'load' }>;
type ShareLimit = Extract<HostLimit, { of: 'memory' | 'disk' }>;

/** @param load of each processor @param wasBad it counts as bad until now */
export function judgeLoad({ above }: LoadLimit, load: number, wasBad: boolean): Sight {
  const isBad = load > above * (wasBad ? 1 - DISTANCE : 1);
  return { state: isBad ? 'bad' : 'good', reason: `${load.toFixed(2)} a processor, limit ${above}` };
}

/** @param free share of the whole, 0..1 @param wasBad as above */
export function judgeFree({ of, free: limit }: ShareLimit, free: number, wasBad: boolean): Sight {
  // Of a limit near the whole the distance is half of what there is.
  const needed = wasBad ? Math.min(limit * (1 + DISTANCE), (1 + limit) / 2) : limit;
  const what = of === 'memory' ? 'available' : 'free';
  return {
    state: free < needed ? 'bad' : 'good',
    reason: `${percent(free)} ${what}, limit ${percent(limit)}`,
  };
}

/** Down, so that what is short of its limit does not seem to be at it. */
function percent(share: number): string {
  return `${Math.floor(share * 1000) / 10} %`;
}
