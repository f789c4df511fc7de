/** Names to algorithms. The names are the kernel's. */
import type { AddressCacheOptions } from './address-cache.js';
import { DestinationHashing } from './dh.js';
import { SchedulerError } from './errors.js';
import { FailOver } from './fo.js';
import { LocalityLeastConnection } from './lblc.js';
import { ReplicatedLocalityLeastConnection } from './lblcr.js';
import { LeastConnection } from './lc.js';
import { MaglevHashing } from './mh.js';
import { NeverQueue } from './nq.js';
import { Overflow } from './ovf.js';
import { RoundRobin } from './rr.js';
import { ShortestExpectedDelay } from './sed.js';
import { resolveSettings, type SchedulerSettings } from './settings.js';
import { SourceHashing } from './sh.js';
import type { Scheduler, SchedulerName, SchedulerOptions } from './types.js';
import { WeightedLeastConnection } from './wlc.js';
import { WeightedRoundRobin } from './wrr.js';

const constructors: Readonly<Record<SchedulerName, (settings: SchedulerSettings) => Scheduler>> = {
  rr: () => new RoundRobin(),
  wrr: () => new WeightedRoundRobin(),
  lc: ({ generation }) => new LeastConnection(generation),
  wlc: ({ generation }) => new WeightedLeastConnection(generation),
  lblc: (settings) => new LocalityLeastConnection(settings.generation, cacheOptions(settings)),
  lblcr: (settings) => new ReplicatedLocalityLeastConnection(settings.generation, cacheOptions(settings)),
  dh: () => new DestinationHashing(),
  sh: ({ port, fallback, shTableBits }) => new SourceHashing({ port, fallback, tableBits: shTableBits }),
  sed: () => new ShortestExpectedDelay(),
  nq: () => new NeverQueue(),
  mh: ({ port, fallback, mhTableIndex }) => new MaglevHashing({ port, fallback, tableIndex: mhTableIndex }),
  fo: () => new FailOver(),
  ovf: () => new Overflow(),
};

function cacheOptions({ generation, expirationMs }: SchedulerSettings): AddressCacheOptions {
  return { expirationMs, capped: generation === 'capped' };
}

/** Every scheduler there is, in the order of the kernel's documentation. */
export const schedulerNames: readonly SchedulerName[] = Object.keys(constructors) as SchedulerName[];

/** True for the kernel's name of a scheduler of this folder. */
export function isSchedulerName(name: string): name is SchedulerName {
  return Object.hasOwn(constructors, name);
}

/**
 * Makes one scheduler for one service, with an empty list.
 *
 * Same name, options and calls give the same choices, on every machine.
 *
 * @param name a kernel name, see `schedulerNames`
 * @param options flags, kernel generation (default `classic`) and the kernel's build options
 * @throws SchedulerError ERR_SCHEDULER_NAME, ERR_SCHEDULER_FLAG or ERR_SCHEDULER_OPTION
 */
export function createScheduler(name: string, options: SchedulerOptions = {}): Scheduler {
  if (!isSchedulerName(name)) {
    throw new SchedulerError(
      'ERR_SCHEDULER_NAME',
      `create scheduler "${name}": unknown name, known are ${schedulerNames.join(' ')}`,
      { name, known: schedulerNames },
    );
  }
  return constructors[name](resolveSettings(name, options));
}
