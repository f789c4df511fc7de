/** Flags of schedulers: three bits, which `sh` and `mh` give names of their own. Pure. */
import { IP_VS_SVC_F_SCHED1, IP_VS_SVC_F_SCHED2, IP_VS_SVC_F_SCHED3 } from '../../native/ipvs/constants.js';
import { UsageError } from './usage-error.js';

interface Flag {
  readonly name: string;
  readonly bit: number;
  /** The one scheduler that has it, or null for all others. */
  readonly scheduler: string | null;
}

const flags: readonly Flag[] = [
  { name: 'flag-1', bit: IP_VS_SVC_F_SCHED1, scheduler: null },
  { name: 'flag-2', bit: IP_VS_SVC_F_SCHED2, scheduler: null },
  { name: 'flag-3', bit: IP_VS_SVC_F_SCHED3, scheduler: null },
  { name: 'sh-fallback', bit: IP_VS_SVC_F_SCHED1, scheduler: 'sh' },
  { name: 'sh-port', bit: IP_VS_SVC_F_SCHED2, scheduler: 'sh' },
  { name: 'mh-fallback', bit: IP_VS_SVC_F_SCHED1, scheduler: 'mh' },
  { name: 'mh-port', bit: IP_VS_SVC_F_SCHED2, scheduler: 'mh' },
];

const allBits = IP_VS_SVC_F_SCHED1 | IP_VS_SVC_F_SCHED2 | IP_VS_SVC_F_SCHED3;

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
  return (bits & allBits) !== 0;
}

/** Names of the flags between commas. For `sh` and `mh` the third has no name and is left out. Never throws. */
export function formatSchedulerFlags(bits: number, scheduler: string): string {
  const own = flags.filter((flag) => flag.scheduler === scheduler);
  return namesOf(bits, own.length > 0 ? own : general).join(',');
}

/** Names of all flags, the third by its general name. Never throws. */
export function schedulerFlagNames(bits: number, scheduler: string): string[] {
  const own = flags.filter((flag) => flag.scheduler === scheduler);
  const unnamed = general.filter((flag) => own.every((it) => it.bit !== flag.bit));
  return namesOf(bits, [...own, ...unnamed]);
}

const general = flags.filter((flag) => flag.scheduler === null);

function namesOf(bits: number, known: readonly Flag[]): string[] {
  return known.filter((flag) => (bits & flag.bit) !== 0).map((flag) => flag.name);
}
