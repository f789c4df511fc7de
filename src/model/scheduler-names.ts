/** The schedulers' names and flags as ipvsadm(8) spells them. The algorithms themselves live in schedulers/. */

/** Names that the kernel registers, in the order of ipvsadm(8). */
export const SCHEDULER_NAMES = [
  'rr',
  'wrr',
  'lc',
  'wlc',
  'lblc',
  'lblcr',
  'dh',
  'sh',
  'sed',
  'nq',
  'mh',
  'fo',
  'ovf',
] as const;

export type BuiltInScheduler = (typeof SCHEDULER_NAMES)[number];

/** Flags of `ipvsadm -b` by scheduler; a scheduler that is missing here takes none. */
export const SCHEDULER_FLAGS = {
  sh: ['sh-fallback', 'sh-port'],
  mh: ['mh-fallback', 'mh-port'],
} as const satisfies Partial<Record<BuiltInScheduler, readonly string[]>>;

export type SchedulerFlagName = (typeof SCHEDULER_FLAGS)[keyof typeof SCHEDULER_FLAGS][number];

/** Every flag of every scheduler, sorted. */
export const SCHEDULER_FLAG_NAMES: readonly SchedulerFlagName[] = Object.values(SCHEDULER_FLAGS)
  .flat()
  .sort();

/** True for a module's path (`./first-usable.js`, `/etc/lvsd/schedulers/first-usable.js`), false for a name. */
export function isSchedulerModule(scheduler: string): boolean {
  return /^(\/|\.\.?\/)/.test(scheduler);
}

/** The flags that a scheduler takes; none for a module. */
export function flagsOf(scheduler: string): readonly string[] {
  const flags: Readonly<Record<string, readonly string[]>> = SCHEDULER_FLAGS;
  return Object.hasOwn(flags, scheduler) ? (flags[scheduler] ?? []) : [];
}
