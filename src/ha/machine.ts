/**
 * What a virtual router does next. Pure: it knows no socket, no address, no clock; `instance.ts` performs the actions.
 *
 *                    startup, priority 255; clear, priority 255
 *            ┌──────────────────────────────────────────────────────┐
 *            │                                                      ▼
 *       initialize ── startup ──► backup ── timer, priority 255 ► active
 *        ▲   ▲  ▲ │                ▲  │  ◄── beaten, late ────────── │
 *        │   │  │ │ startup,       │  │                              │
 *        │   │  │ │ held     clear │  │ fault                        │
 *        │   │  │ └───────► fault ─┘ ◄┴────────────── fault ─────────┤
 *        │   │  └─ shutdown ──┘       │                              │
 *        │   └───── shutdown ─────────┘                              │
 *        └───────── shutdown ────────────────────────────────────────┘
 *
 * Words are those of RFC 9568; `fault` is its Initialize while a condition keeps the instance there: the interface is down,
 * the own table is not programmed. Where the RFC is silent:
 *
 * - An advertisement from the own address says nothing: it is a loop in the network, or a second host with this address.
 *   Answered at once, as the lesser of two is, it would be a storm.
 * - The lesser of two active ones is answered at once, but not more than once an interval, for two that each take the
 *   other for the lesser would keep at it as fast as the network can; and the addresses are announced again, for the other
 *   one has announced them. Version 2 does not answer it, and announces all the same.
 * - An active instance that is woken so late that others may have taken over gives up before it says anything. A backup
 *   that is has not listened meanwhile, and listens for one more interval before it takes over; once, for on a host that
 *   is always late somebody must.
 * - A fault ends an active instance as a shutdown does, with priority 0, so that nobody waits. What comes after the
 *   fault begins as after a startup, with a backup that waits.
 * - A reload changes priority, interval and addresses in place. An active instance stays so, and tells at once: a backup
 *   that goes by the old interval would not wait long enough for the first advertisement of a longer one.
 * - Advertisements are sent in rhythm with the first one, so that late timers do not add up.
 *
 * @see RFC 9568 section 6.4; RFC 3768 section 6.4 for version 2
 */
import { isHigherAddress } from '../base/ip.js';
import type { VrrpState } from '../model/vrrp-role.js';
import { computeActiveDownMs, computeSkewTimeMs } from './timers.js';

/** The priority of the router that owns the addresses. */
export const OWNER_PRIORITY = 255;
/** What one that leaves sends instead of its own. */
export const LEAVING_PRIORITY = 0;

/** What the machine decides by. With another version, id or interface it is another instance. */
export interface MachineSettings {
  readonly version: 2 | 3;
  /** 1..255 */
  readonly priority: number;
  /** Of the own advertisements, ms. */
  readonly advertiseMs: number;
  /** Whether it takes over from an active one of lower priority. */
  readonly preempt: boolean;
  /** The address that it advertises from, canonical text without a zone. */
  readonly source: string;
}

/**
 * What a backup waits for: `silence` = that of the active one; `skew` = the active one has left, and the skew decides
 * among the backups; `again` = it woke late, and listens once more.
 */
export type Wait = 'silence' | 'skew' | 'again';

/** Immutable. Moments are those of the clock that gives `nowMs`, which never goes back. */
export interface MachineState {
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

/** One that passed the checks of RFC 9568 section 7.1. */
export interface AdvertisementEvent {
  readonly kind: 'advertisement';
  /** 0..255; 0 = the sender leaves. */
  readonly priority: number;
  /** Version 3: of the sender, above 0. */
  readonly advertiseMs: number;
  /** Canonical text without a zone, of the family of the own source. */
  readonly sender: string;
}

export type MachineEvent =
  | { readonly kind: 'startup' }
  | { readonly kind: 'shutdown' }
  | AdvertisementEvent
  /** One that comes too early does nothing. */
  | { readonly kind: 'timer' }
  /** A condition begins to hold. */
  | { readonly kind: 'fault'; readonly condition: string }
  /** A condition holds no longer. */
  | { readonly kind: 'clear'; readonly condition: string }
  /** The settings given with this event, and from now on, are new; `addresses`: those of the instance are, too. */
  | { readonly kind: 'reconfigure'; readonly addresses: boolean };

/**
 * What is to be done: `advertise` = send with the own priority; `resign` = send with priority 0; `add-addresses` = hold
 * those of the instance and no others; `announce` = tell the neighbours so; `remove-addresses` = hold none.
 */
export type Action = 'advertise' | 'resign' | 'add-addresses' | 'announce' | 'remove-addresses';

/** Why the state changed. */
export type TransitionCause =
  /** Startup, or the last condition is gone. */
  | 'started'
  /** Priority 255: it takes what is its own. */
  | 'owner'
  /** No advertisement that counts was heard for long enough. */
  | 'silence'
  /** The active one has left with priority 0. */
  | 'peer-left'
  /** Of two active ones the other has the higher priority. */
  | 'higher-priority'
  /** Priorities are equal, and the other one has the higher address. */
  | 'higher-address'
  /** It woke so late that others may have taken over. */
  | 'late'
  | 'fault'
  | 'shutdown';

/** The answer to one event. */
export interface Step {
  readonly state: MachineState;
  /** In this order. */
  readonly actions: readonly Action[];
  /** null = it is in the same state as before. */
  readonly cause: TransitionCause | null;
}

const NOTHING: readonly Action[] = [];
const ADVERTISE: readonly Action[] = ['advertise'];
const ADVERTISE_AND_ANNOUNCE: readonly Action[] = ['advertise', 'announce'];
const ANNOUNCE: readonly Action[] = ['announce'];
const TAKE: readonly Action[] = ['advertise', 'add-addresses', 'announce'];
const RELEASE: readonly Action[] = ['remove-addresses'];
const LEAVE: readonly Action[] = ['resign', 'remove-addresses'];

/** An instance before its startup. */
export const INITIAL_STATE: MachineState = {
  name: 'initialize',
  dueAtMs: Infinity,
  setAtMs: -Infinity,
  lateAtMs: Infinity,
  learnedMs: null,
  wait: 'silence',
  answeredAtMs: -Infinity,
  conditions: [],
};

/**
 * Answers an event. The state that it gives is the same object where nothing changes.
 *
 * @param nowMs of a monotonic clock, with fractions; the same one for all events of an instance
 * Never throws, as long as the addresses are addresses.
 */
export function step(
  settings: MachineSettings,
  state: MachineState,
  event: MachineEvent,
  nowMs: number,
): Step {
  switch (state.name) {
    case 'initialize':
      return stepInitialize(settings, state, event, nowMs);
    case 'fault':
      return stepFault(settings, state, event, nowMs);
    case 'backup':
      return stepBackup(settings, state, event, nowMs);
    case 'active':
      return nowMs > state.lateAtMs
        ? stepLate(settings, event, nowMs)
        : stepActive(settings, state, event, nowMs);
  }
}

function stepInitialize(
  settings: MachineSettings,
  state: MachineState,
  event: MachineEvent,
  nowMs: number,
): Step {
  switch (event.kind) {
    case 'startup':
      if (state.conditions.length === 0) return start(settings, nowMs);
      return { state: held('fault', state.conditions), actions: RELEASE, cause: 'fault' };
    case 'fault':
      return stay(held('initialize', withCondition(state.conditions, event.condition)));
    case 'clear':
      return stay(held('initialize', withoutCondition(state.conditions, event.condition)));
    case 'shutdown':
    case 'advertisement':
    case 'timer':
    case 'reconfigure':
      return stay(state);
  }
}

function stepFault(settings: MachineSettings, state: MachineState, event: MachineEvent, nowMs: number): Step {
  switch (event.kind) {
    case 'fault':
      return stay(held('fault', withCondition(state.conditions, event.condition)));
    case 'clear': {
      const conditions = withoutCondition(state.conditions, event.condition);
      return conditions.length === 0 ? start(settings, nowMs) : stay(held('fault', conditions));
    }
    case 'shutdown':
      return { state: held('initialize', state.conditions), actions: NOTHING, cause: 'shutdown' };
    case 'startup':
    case 'advertisement':
    case 'timer':
    case 'reconfigure':
      return stay(state);
  }
}

function stepBackup(
  settings: MachineSettings,
  state: MachineState,
  event: MachineEvent,
  nowMs: number,
): Step {
  switch (event.kind) {
    case 'shutdown':
      return { state: INITIAL_STATE, actions: NOTHING, cause: 'shutdown' };
    case 'fault':
      return { state: held('fault', [event.condition]), actions: NOTHING, cause: 'fault' };
    case 'timer':
      return backupTimer(settings, state, nowMs);
    case 'advertisement':
      return stay(backupAfter(settings, state, event, nowMs));
    case 'reconfigure':
      // An owner does not wait for what is its own.
      if (settings.priority === OWNER_PRIORITY) return take(settings, nowMs, 'owner');
      return stay(reckonAnew(settings, state));
    case 'startup':
    case 'clear':
      return stay(state);
  }
}

/** RFC 9568 section 6.4.2. */
function backupAfter(
  settings: MachineSettings,
  state: MachineState,
  { priority, advertiseMs, sender }: AdvertisementEvent,
  nowMs: number,
): MachineState {
  if (sender === settings.source) return state;
  if (priority === LEAVING_PRIORITY) return waiting(settings, state.learnedMs, 'skew', nowMs);
  if (settings.preempt && priority < settings.priority) return state;
  return waiting(settings, learned(settings, advertiseMs), 'silence', nowMs);
}

function backupTimer(settings: MachineSettings, state: MachineState, nowMs: number): Step {
  if (nowMs < state.dueAtMs) return stay(state);
  if (nowMs > state.lateAtMs) return stay(waiting(settings, state.learnedMs, 'again', nowMs));
  return take(settings, nowMs, state.wait === 'skew' ? 'peer-left' : 'silence');
}

function stepActive(
  settings: MachineSettings,
  state: MachineState,
  event: MachineEvent,
  nowMs: number,
): Step {
  switch (event.kind) {
    case 'shutdown':
      return { state: INITIAL_STATE, actions: LEAVE, cause: 'shutdown' };
    case 'fault':
      return { state: held('fault', [event.condition]), actions: LEAVE, cause: 'fault' };
    case 'timer':
      if (nowMs < state.dueAtMs) return stay(state);
      return stay(advertising(settings, inRhythm(settings, state, nowMs), state.answeredAtMs), ADVERTISE);
    case 'advertisement':
      return activeAfter(settings, state, event, nowMs);
    case 'reconfigure':
      return stay(advertising(settings, nowMs, state.answeredAtMs), event.addresses ? TAKE : ADVERTISE);
    case 'startup':
    case 'clear':
      return stay(state);
  }
}

/** RFC 9568 section 6.4.3. */
function activeAfter(
  settings: MachineSettings,
  state: MachineState,
  { priority, advertiseMs, sender }: AdvertisementEvent,
  nowMs: number,
): Step {
  if (sender === settings.source) return stay(state);
  if (priority === LEAVING_PRIORITY) return stay(advertising(settings, nowMs, state.answeredAtMs), ADVERTISE);
  const isHigher = priority > settings.priority;
  if (isHigher || (priority === settings.priority && isHigherAddress(sender, settings.source)))
    return {
      state: waiting(settings, learned(settings, advertiseMs), 'silence', nowMs),
      actions: RELEASE,
      cause: isHigher ? 'higher-priority' : 'higher-address',
    };
  if (nowMs - state.answeredAtMs < settings.advertiseMs) return stay(state);
  const actions = settings.version === 3 ? ADVERTISE_AND_ANNOUNCE : ANNOUNCE;
  return stay({ ...state, answeredAtMs: nowMs }, actions);
}

/** Gives up, and takes the event as a backup does that has just begun to listen. */
function stepLate(settings: MachineSettings, event: MachineEvent, nowMs: number): Step {
  const backup = waiting(settings, null, 'silence', nowMs);
  const { state, actions, cause } = stepBackup(settings, backup, event, nowMs);
  return { state, actions: [...RELEASE, ...actions], cause: cause ?? 'late' };
}

/** RFC 9568 section 6.4.1. What an earlier life of this host has left behind goes before anything is sent. */
function start(settings: MachineSettings, nowMs: number): Step {
  if (settings.priority === OWNER_PRIORITY) return take(settings, nowMs, 'owner');
  return { state: waiting(settings, null, 'silence', nowMs), actions: RELEASE, cause: 'started' };
}

function take(settings: MachineSettings, nowMs: number, cause: TransitionCause): Step {
  return { state: advertising(settings, nowMs, -Infinity), actions: TAKE, cause };
}

function stay(state: MachineState, actions: readonly Action[] = NOTHING): Step {
  return { state, actions, cause: null };
}

/**
 * Active, with Adver_Timer set.
 *
 * A backup may have taken over when no advertisement was heard for as long as one like this one would wait.
 */
function advertising(settings: MachineSettings, setAtMs: number, answeredAtMs: number): MachineState {
  return {
    name: 'active',
    dueAtMs: setAtMs + settings.advertiseMs,
    setAtMs,
    lateAtMs: setAtMs + computeActiveDownMs(settings, settings.advertiseMs),
    learnedMs: null,
    wait: 'silence',
    answeredAtMs,
    conditions: INITIAL_STATE.conditions,
  };
}

/** The moment from which the next interval counts: that when the timer was due, unless the next is over, too. */
function inRhythm(settings: MachineSettings, state: MachineState, nowMs: number): number {
  return state.dueAtMs + settings.advertiseMs > nowMs ? state.dueAtMs : nowMs;
}

/** Backup, with Active_Down_Timer set. */
function waiting(
  settings: MachineSettings,
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
    answeredAtMs: -Infinity,
    conditions: INITIAL_STATE.conditions,
  };
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
  }
}

/** The same wait under new settings, counted from the same moment: a reload does not make anybody wait anew. */
function reckonAnew(settings: MachineSettings, { learnedMs, wait, setAtMs }: MachineState): MachineState {
  return waiting(settings, learnedMs, wait, setAtMs);
}

/** In version 2 advertisements with another interval are dropped, so that the own one is the only one. */
function learned(settings: MachineSettings, advertiseMs: number): number | null {
  return settings.version === 3 ? advertiseMs : null;
}

function held(name: 'initialize' | 'fault', conditions: readonly string[]): MachineState {
  return { ...INITIAL_STATE, name, conditions };
}

function withCondition(conditions: readonly string[], condition: string): readonly string[] {
  return conditions.includes(condition) ? conditions : [...conditions, condition];
}

function withoutCondition(conditions: readonly string[], condition: string): readonly string[] {
  return conditions.filter((other) => other !== condition);
}
