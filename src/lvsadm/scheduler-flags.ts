/** Flags of schedulers on a command line and in a listing. Pure. */
import { schedulerFlagBits, schedulerFlags as flags } from '../../native/ipvs/scheduler-flags.js';
import type { SchedulerFlag } from '../../native/ipvs/scheduler-flags.js';
import { UsageError } from './usage-error.js';

/**
 * Reads names between commas, of which some may be empty, into the bits of a service's flags.
 *
 * The general names `flag-1` to `flag-3` go with every scheduler.
 *
 * @throws UsageError for a name that is none, and for one of another scheduler
 */
export function parseSchedulerFlags(text: string, scheduler: string): number {
  if (text === '') return 0;
  let bits = 0;
  for (const name of text.split(',').filter((it) => it !== '')) {
    const flag = flags.find((it) => it.name === name);
    if (flag === undefined) throw new UsageError(`invalid scheduler flag \`${name}'`);
    if (flag.scheduler !== null && flag.scheduler !== scheduler) {
      throw new UsageError(`incompatible scheduler flag \`${name}'`);
    }
    bits |= flag.bit;
  }
  return bits;
}

/** Whether a service has any of the flags. Never throws. */
export function hasSchedulerFlags(bits: number): boolean {
  return (bits & schedulerFlagBits) !== 0;
}

/** Names of the flags between commas. For `sh` and `mh` the third has no name and is left out. Never throws. */
export function formatSchedulerFlags(bits: number, scheduler: string): string {
  const own = flags.filter((flag) => flag.scheduler === scheduler);
  return namesOf(bits, own.length > 0 ? own : general).join(',');
}

const general = flags.filter((flag) => flag.scheduler === null);

function namesOf(bits: number, known: readonly SchedulerFlag[]): string[] {
  return known.filter((flag) => (bits & flag.bit) !== 0).map((flag) => flag.name);
}
