/** What schedulers that choose by the client alone do about a server of weight 0. @see net/netfilter/ipvs/ip_vs_{dh,sh,mh}.c */
import type { SchedulerFlagName } from './scheduler-names.js';
import type { ServiceSettings } from './virtual-service.js';

/** The flag with which such a scheduler passes over a server of weight 0; null where there is none. */
const FALLBACK_FLAGS: ReadonlyMap<string, SchedulerFlagName | null> = new Map([
  ['dh', null],
  ['sh', 'sh-fallback'],
  ['mh', 'mh-fallback'],
]);

/** The flag that a scheduler needs to pass over servers of weight 0: undefined when it needs none, null when no flag helps. */
export function fallbackFlag(scheduler: string): SchedulerFlagName | null | undefined {
  return FALLBACK_FLAGS.get(scheduler);
}

/**
 * Whether a server may keep its connections with weight 0. Hashing schedulers without a fallback go on to choose it and
 * then turn the client away, so with them it has to leave.
 */
export function canStandAside({
  scheduler,
  schedulerFlags,
}: Pick<ServiceSettings, 'scheduler' | 'schedulerFlags'>): boolean {
  const flag = fallbackFlag(scheduler);
  return flag === undefined || (flag !== null && schedulerFlags.includes(flag));
}
