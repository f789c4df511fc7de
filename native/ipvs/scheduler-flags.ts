/** Flags of schedulers as `ipvsadm -b` spells them: three bits, to which `sh` and `mh` give names of their own. Pure. */
import { IP_VS_SVC_F_SCHED1, IP_VS_SVC_F_SCHED2, IP_VS_SVC_F_SCHED3 } from './constants.js';

export interface SchedulerFlag {
  readonly name: string;
  /** One of `IP_VS_SVC_F_SCHED1` to `3`. */
  readonly bit: number;
  /** The one scheduler that has it, or null for a general name, which goes with every scheduler. */
  readonly scheduler: string | null;
}

/** Every name, general ones first. */
export const schedulerFlags: readonly SchedulerFlag[] = [
  { name: 'flag-1', bit: IP_VS_SVC_F_SCHED1, scheduler: null },
  { name: 'flag-2', bit: IP_VS_SVC_F_SCHED2, scheduler: null },
  { name: 'flag-3', bit: IP_VS_SVC_F_SCHED3, scheduler: null },
  { name: 'sh-fallback', bit: IP_VS_SVC_F_SCHED1, scheduler: 'sh' },
  { name: 'sh-port', bit: IP_VS_SVC_F_SCHED2, scheduler: 'sh' },
  { name: 'mh-fallback', bit: IP_VS_SVC_F_SCHED1, scheduler: 'mh' },
  { name: 'mh-port', bit: IP_VS_SVC_F_SCHED2, scheduler: 'mh' },
];

/** The bits of the three flags. */
export const schedulerFlagBits = IP_VS_SVC_F_SCHED1 | IP_VS_SVC_F_SCHED2 | IP_VS_SVC_F_SCHED3;

/** Names of all flags that are set; those without a name of the scheduler's own by their general one. Never throws. */
export function schedulerFlagNames(bits: number, scheduler: string): string[] {
  if ((bits & schedulerFlagBits) === 0) return [];
  const own = schedulerFlags.filter((flag) => flag.scheduler === scheduler);
  const unnamed = schedulerFlags.filter(
    (flag) => flag.scheduler === null && own.every((it) => it.bit !== flag.bit),
  );
  return [...own, ...unnamed].filter((flag) => (bits & flag.bit) !== 0).map((flag) => flag.name);
}
