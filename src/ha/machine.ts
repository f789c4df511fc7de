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
 *   one has announced them. Version 2 does not answer it, and announces all the same. How often is for the addresses.
 * - An active instance that is woken so late that others may have taken over gives up before it says anything. A backup
 *   that is has not listened meanwhile, and listens for one more interval before it takes over; once, for on a host that
 *   is always late somebody must.
 * - A fault ends an active instance as a shutdown does, with priority 0, so that nobody waits. What comes after the
 *   fault begins as after a startup, with a backup that waits.
 * - A reload changes priority, interval and addresses in place. An active instance stays so, and tells at once: a backup
 *   that goes by the old interval would not wait long enough for the first advertisement of a longer one.
 * - Advertisements are sent in rhythm with the first one, so that late timers do not add up.
 *
 * What lvsd adds:
 *
 * - A backup that was not one for long enough (`preemptDelayMs`), and one that was released, waits for a lower active one as
 *   for one of its own rank. Silence ends the wait all the same, and with it the release.
 * - One that yields to another active one says so once more when its addresses are gone: the other one hears that there
 *   were two, and announces the addresses when nobody else answers for them any more.
 * - Where a witness is needed, and in a group, the end of the wait is a question: to the witness first, then to the group.
 *   It is asked anew every interval, until there is an answer, or somebody is heard.
 *
 * @see RFC 9568 section 6.4; RFC 3768 section 6.4 for version 2
 */
import { isHigherAddress } from '../base/ip.js';
import {
  advertising,
  held,
  INITIAL_STATE,
  inRhythm,
  learned,
  listening,
  reckonAnew,
  waiting,
  type MachineSettings,
  type MachineState,
} from './machine-state.js';

/** The priority of the router that owns the addresses. */
export const OWNER_PRIORITY = 255;
/** What one that leaves sends instead of its own. */
export const LEAVING_PRIORITY = 0;

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
  | { readonly kind: 'reconfigure'; readonly addresses: boolean }
  /** A witness has answered a question of this wait. */
  | { readonly kind: 'witness' }
  /** To become active now, whoever else is. */
  | { readonly kind: 'take' }
  /** To leave what it has to others; `released`: and not to take it back while there is one. */
  | { readonly kind: 'yield'; readonly released: boolean };

/**
 * What is to be done: `advertise` = send with the own priority; `resign` = send with priority 0; `add-addresses` = hold
 * those of the instance and no others; `announce` = tell the neighbours so; `remove-addresses` = hold none; `ask-witness` =
 * give the event `witness` when one has answered; `ask-group` = give the event `take` when all of the group would.
 */
export type Action =
  'advertise' | 'resign' | 'add-addresses' | 'announce' | 'remove-addresses' | 'ask-witness' | 'ask-group';

/** Why the state changed. */
export type TransitionCause =
  /** Startup, or the last condition is gone. */
  | 'started'
  /** Priority 255: it takes what is its own. */
  | 'owner'
  /** No advertisement that counts was heard for long enough. */
  | 'silence'
  /** Nor that, and a witness has answered. */
  | 'witness'
  /** The active one has left with priority 0. */
  | 'peer-left'
  /** It was told to. */
  | 'take'
  | 'yield'
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
const RELEASE_AND_ADVERTISE: readonly Action[] = ['remove-addresses', 'advertise'];
const LEAVE: readonly Action[] = ['resign', 'remove-addresses'];
const ASK_WITNESS: readonly Action[] = ['ask-witness'];
const ASK_GROUP: readonly Action[] = ['ask-group'];

/** Of one state. */
type Stepper = (settings: MachineSettings, state: MachineState, event: MachineEvent, nowMs: number) => Step;

/**
 * Answers an event. The state that it gives is the same object where nothing changes.
 *
 * @param nowMs of a monotonic clock, with fractions; the same one for all events of an instance
 * Never throws, as long as the addresses are addresses.
 */
export const step: Stepper = (settings, state, event, nowMs) => {
  switch (state.name) {
    case 'initialize':
      return stepInitialize(settings, state, event, nowMs);
    case 'fault':
      return stepFault(settings, state, event, nowMs);
    case 'backup':
      return stepBackup(settings, state, event, nowMs);
    case 'active':
      return nowMs > state.lateAtMs
        ? stepLate(settings, state, event, nowMs)
        : stepActive(settings, state, event, nowMs);
  }
};

const stepInitialize: Stepper = (settings, state, event, nowMs) => {
  const { conditions } = state;
  switch (event.kind) {
    case 'startup':
      if (conditions.length === 0) return start(settings, false, nowMs);
      return { state: held('fault', conditions, false), actions: RELEASE, cause: 'fault' };
    case 'fault':
      return stay(held('initialize', withCondition(conditions, event.condition), false));
    case 'clear':
      return stay(held('initialize', withoutCondition(conditions, event.condition), false));
    case 'shutdown':
    case 'advertisement':
    case 'timer':
    case 'reconfigure':
    case 'witness':
    case 'take':
    case 'yield':
      return stay(state);
  }
};

const stepFault: Stepper = (settings, state, event, nowMs) => {
  const { released } = state;
  switch (event.kind) {
    case 'fault':
      return stay(held('fault', withCondition(state.conditions, event.condition), released));
    case 'clear': {
      const conditions = withoutCondition(state.conditions, event.condition);
      if (conditions.length === 0) return start(settings, released, nowMs);
      return stay(held('fault', conditions, released));
    }
    case 'shutdown':
      return { state: held('initialize', state.conditions, false), actions: NOTHING, cause: 'shutdown' };
    case 'yield':
      return stay(releasedBy(event, state));
    case 'startup':
    case 'advertisement':
    case 'timer':
    case 'reconfigure':
    case 'witness':
    case 'take':
      return stay(state);
  }
};

const stepBackup: Stepper = (settings, state, event, nowMs) => {
  switch (event.kind) {
    case 'shutdown':
      return { state: INITIAL_STATE, actions: NOTHING, cause: 'shutdown' };
    case 'fault':
      return { state: held('fault', [event.condition], state.released), actions: NOTHING, cause: 'fault' };
    case 'timer':
      return backupTimer(settings, state, nowMs);
    case 'advertisement':
      return stay(backupAfter(settings, state, event, nowMs));
    case 'reconfigure':
      // An owner does not wait for what is its own.
      if (settings.priority === OWNER_PRIORITY && !state.released)
        return claim(settings, state, nowMs, 'owner');
      return stay(reckonAnew(settings, state));
    case 'witness':
      return backupWitness(settings, state, nowMs);
    case 'take':
      return take(settings, nowMs, 'take');
    case 'yield':
      return stay(releasedBy(event, state));
    case 'startup':
    case 'clear':
      return stay(state);
  }
};

/** RFC 9568 section 6.4.2. */
function backupAfter(
  settings: MachineSettings,
  state: MachineState,
  { priority, advertiseMs, sender }: AdvertisementEvent,
  nowMs: number,
): MachineState {
  if (sender === settings.source) return state;
  if (priority === LEAVING_PRIORITY) return waiting(settings, state, state.learnedMs, 'skew', nowMs);
  if (priority < settings.priority && preempts(settings, state, nowMs)) return state;
  return waiting(settings, state, learned(settings, advertiseMs), 'silence', nowMs);
}

/** The owner does, whatever it was told: RFC 9568 section 6.1, Preempt_Mode. */
function preempts(
  { priority, preempt, preemptDelayMs }: MachineSettings,
  { released, backupSinceMs }: MachineState,
  nowMs: number,
): boolean {
  if (released) return false;
  return priority === OWNER_PRIORITY || (preempt && nowMs - backupSinceMs >= preemptDelayMs);
}

function backupTimer(settings: MachineSettings, state: MachineState, nowMs: number): Step {
  if (nowMs < state.dueAtMs) return stay(state);
  if (nowMs > state.lateAtMs) return stay(waiting(settings, state, state.learnedMs, 'again', nowMs));
  if (state.wait === 'group' && settings.grouped) return askGroup(settings, state, nowMs);
  return claim(settings, state, nowMs, state.wait === 'skew' ? 'peer-left' : 'silence');
}

/** Who stood still has not heard whether there is still silence. */
function backupWitness(settings: MachineSettings, state: MachineState, nowMs: number): Step {
  if (state.wait !== 'witness') return stay(state);
  if (nowMs > state.lateAtMs) return stay(waiting(settings, state, state.learnedMs, 'again', nowMs));
  return settings.grouped ? askGroup(settings, state, nowMs) : take(settings, nowMs, 'witness');
}

/** It would become active: at once, where nobody is to be asked. */
function claim(settings: MachineSettings, state: MachineState, nowMs: number, cause: TransitionCause): Step {
  if (settings.witness) return stay(waiting(settings, state, state.learnedMs, 'witness', nowMs), ASK_WITNESS);
  return settings.grouped ? askGroup(settings, state, nowMs) : take(settings, nowMs, cause);
}

function askGroup(settings: MachineSettings, state: MachineState, nowMs: number): Step {
  return stay(waiting(settings, state, state.learnedMs, 'group', nowMs), ASK_GROUP);
}

const stepActive: Stepper = (settings, state, event, nowMs) => {
  switch (event.kind) {
    case 'shutdown':
      return { state: INITIAL_STATE, actions: LEAVE, cause: 'shutdown' };
    case 'fault':
      return { state: held('fault', [event.condition], false), actions: LEAVE, cause: 'fault' };
    case 'timer':
      if (nowMs < state.dueAtMs) return stay(state);
      return stay(advertising(settings, inRhythm(settings, state, nowMs), state.answeredAtMs), ADVERTISE);
    case 'advertisement':
      return activeAfter(settings, state, event, nowMs);
    case 'reconfigure':
      return stay(advertising(settings, nowMs, state.answeredAtMs), event.addresses ? TAKE : ADVERTISE);
    case 'yield':
      return { state: listening(settings, null, nowMs, event.released), actions: LEAVE, cause: 'yield' };
    case 'startup':
    case 'clear':
    case 'witness':
    case 'take':
      return stay(state);
  }
};

/** RFC 9568 section 6.4.3. */
function activeAfter(
  settings: MachineSettings,
  state: MachineState,
  { priority, advertiseMs, sender }: AdvertisementEvent,
  nowMs: number,
): Step {
  if (sender === settings.source) return stay(state);
  if (priority === LEAVING_PRIORITY) return stay(advertising(settings, nowMs, state.answeredAtMs), ADVERTISE);
  const hasAnswered = nowMs - state.answeredAtMs < settings.advertiseMs;
  const isHigher = priority > settings.priority;
  if (isHigher || (priority === settings.priority && isHigherAddress(sender, settings.source)))
    return {
      state: listening(settings, learned(settings, advertiseMs), nowMs),
      actions: hasAnswered ? RELEASE : RELEASE_AND_ADVERTISE,
      cause: isHigher ? 'higher-priority' : 'higher-address',
    };
  if (hasAnswered || settings.version === 2) return stay(state, ANNOUNCE);
  return stay({ ...state, answeredAtMs: nowMs }, ADVERTISE_AND_ANNOUNCE);
}

/** Gives up, and takes the event as a backup does that has just begun to listen. What others do has to be heard first. */
const stepLate: Stepper = (settings, _, event, nowMs) => {
  const backup = listening(settings, null, nowMs);
  const { state, actions, cause } =
    event.kind === 'take' ? stay(backup) : stepBackup(settings, backup, event, nowMs);
  return { state, actions: [...RELEASE, ...actions], cause: cause ?? 'late' };
};

/** RFC 9568 section 6.4.1. What an earlier life of this host has left behind goes before anything is sent. */
function start(settings: MachineSettings, released: boolean, nowMs: number): Step {
  const backup = listening(settings, null, nowMs, released);
  if (settings.priority !== OWNER_PRIORITY || released)
    return { state: backup, actions: RELEASE, cause: 'started' };
  const { state, actions, cause } = claim(settings, backup, nowMs, 'owner');
  return cause === null
    ? { state, actions: [...RELEASE, ...actions], cause: 'started' }
    : { state, actions, cause };
}

function take(settings: MachineSettings, nowMs: number, cause: TransitionCause): Step {
  return { state: advertising(settings, nowMs, -Infinity), actions: TAKE, cause };
}

function stay(state: MachineState, actions: readonly Action[] = NOTHING): Step {
  return { state, actions, cause: null };
}

function releasedBy({ released }: { readonly released: boolean }, state: MachineState): MachineState {
  return !released || state.released ? state : { ...state, released };
}

function withCondition(conditions: readonly string[], condition: string): readonly string[] {
  return conditions.includes(condition) ? conditions : [...conditions, condition];
}

function withoutCondition(conditions: readonly string[], condition: string): readonly string[] {
  return conditions.filter((other) => other !== condition);
}
