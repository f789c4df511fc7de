/**
 * The state of a virtual router, and how long each wait of it lasts. What makes one state of another is for `machine.ts`
 * to decide.
 */
import type { VrrpState } from '../model/vrrp-role.js';
import { computeActiveDownMs, computeSkewTimeMs } from './timers.js';

/** What the machine decides by. With another version, id or interface it is another instance. */
export interface MachineSettings {
  readonly version: 2 | 3;
  /** 1..255, with all that is added to it or taken from it at the moment. */
  readonly priority: number;
  /** Of the own advertisements, ms. */
  readonly advertiseMs: number;
  /** Whether it takes over from an active one of lower priority. */
  readonly preempt: boolean;
  /** For how long it is backup before it does so, ms. */
  readonly preemptDelayMs: number;
  /** The address that it advertises from, canonical text without a zone. */
  readonly source: string;
  /** It becomes active with all of its group, and asks before. */
  readonly grouped: boolean;
  /** At the moment it becomes active only when a witness has answered. */
  readonly witness: boolean;
}

/**
 * What a backup waits for: `silence` = that of the active one; `skew` = the active one has left, and the skew decides
 * among the backups; `again` = it woke late, and listens once more; `witness` = there is silence, and it has asked one;
 * `group` = it would take over, and others of its group would not yet.
 */
export type Wait = 'silence' | 'skew' | 'again' | 'witness' | 'group';

/** What outlasts the waits of a backup. */
export interface Backup {
  /** Since when it has been one; -Infinity in other states. */
  readonly backupSinceMs: number;
  /** It left what it had to others, and does not preempt them. */
  readonly released: boolean;
}

/** Immutable. Moments are those of the clock that gives `nowMs`, which never goes back. */
export interface MachineState extends Backup {
  readonly name: VrrpState;
  /** When the timer ends: Adver_Timer while active, Active_Down_Timer in backup; Infinity else. */
  readonly dueAtMs: number;
  /** When it was set. */
  readonly setAtMs: number;
  /** Whoever notices after this that it ended stood still meanwhile. */
  readonly lateAtMs: number;
  /** Active_Adver_Interval as the active one said it (version 3); null = nobody did: the own interval. */
  readonly learnedMs: number | null;
  /** In backup; `silence` else. */
  readonly wait: Wait;
  /** While active, when the lesser of two was answered last; -Infinity = never, and else. */
  readonly answeredAtMs: number;
  /** What keeps it from starting, each once; empty in `backup` and `active`, not in `fault`. */
  readonly conditions: readonly string[];
}

/** An instance before its startup. */
export const INITIAL_STATE: MachineState = {
  name: 'initialize',
  dueAtMs: Infinity,
  setAtMs: -Infinity,
  lateAtMs: Infinity,
  learnedMs: null,
  wait: 'silence',
  backupSinceMs: -Infinity,
  released: false,
  answeredAtMs: -Infinity,
  conditions: [],
};

/** Not taking part. One in fault remembers that it was released. */
export function held(
  name: 'initialize' | 'fault',
  conditions: readonly string[],
  released: boolean,
): MachineState {
  return { ...INITIAL_STATE, name, conditions, released };
}

/**
 * Active, with Adver_Timer set.
 *
 * A backup may have taken over when no advertisement was heard for as long as one like this one would wait.
 */
export function advertising(settings: MachineSettings, setAtMs: number, answeredAtMs: number): MachineState {
  return {
    name: 'active',
    dueAtMs: setAtMs + settings.advertiseMs,
    setAtMs,
    lateAtMs: setAtMs + computeActiveDownMs(settings, settings.advertiseMs),
    learnedMs: null,
    wait: 'silence',
    backupSinceMs: -Infinity,
    released: false,
    answeredAtMs,
    conditions: INITIAL_STATE.conditions,
  };
}

/** The moment from which the next interval counts: that when the timer was due, unless the next is over, too. */
export function inRhythm(settings: MachineSettings, state: MachineState, nowMs: number): number {
  return state.dueAtMs + settings.advertiseMs > nowMs ? state.dueAtMs : nowMs;
}

/** Backup, with Active_Down_Timer set. */
export function waiting(
  settings: MachineSettings,
  { backupSinceMs, released }: Backup,
  learnedMs: number | null,
  wait: Wait,
  setAtMs: number,
): MachineState {
  const dueAtMs = setAtMs + waitMs(settings, learnedMs, wait);
  return {
    name: 'backup',
    dueAtMs,
    setAtMs,
    lateAtMs: wait === 'again' ? Infinity : dueAtMs + (learnedMs ?? settings.advertiseMs),
    learnedMs,
    wait,
    backupSinceMs,
    released,
    answeredAtMs: -Infinity,
    conditions: INITIAL_STATE.conditions,
  };
}

/** A backup from now on, with everything before it. */
export function listening(
  settings: MachineSettings,
  learnedMs: number | null,
  nowMs: number,
  released = false,
): MachineState {
  return waiting(settings, { backupSinceMs: nowMs, released }, learnedMs, 'silence', nowMs);
}

function waitMs(settings: MachineSettings, learnedMs: number | null, wait: Wait): number {
  const activeAdvertiseMs = learnedMs ?? settings.advertiseMs;
  switch (wait) {
    case 'silence':
      return computeActiveDownMs(settings, activeAdvertiseMs);
    case 'skew':
      return computeSkewTimeMs(settings, activeAdvertiseMs);
    case 'again':
      return activeAdvertiseMs + computeSkewTimeMs(settings, activeAdvertiseMs);
    case 'witness':
    case 'group':
      return settings.advertiseMs;
  }
}

/** The same wait under new settings, counted from the same moment: a reload does not make anybody wait anew. */
export function reckonAnew(settings: MachineSettings, state: MachineState): MachineState {
  return waiting(settings, state, state.learnedMs, state.wait, state.setAtMs);
}

/** In version 2 advertisements with another interval are dropped, so that the own one is the only one. */
export function learned(settings: MachineSettings, advertiseMs: number): number | null {
  return settings.version === 3 ? advertiseMs : null;
}
