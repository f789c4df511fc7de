/** States and events of the table test of the machine, each with a name, and what makes them. */
import { INITIAL_STATE, type MachineSettings, type MachineState } from '../../../src/ha/machine-state.js';
import { step, type MachineEvent } from '../../../src/ha/machine.js';

export const NOW = 1_000_000;
export const LINK = 'interface eth0 is down';
export const TABLE = 'the own table is not programmed';

/** Skew_Time 609.375 ms, Active_Down_Interval 3609.375 ms in both versions. */
export const settings: MachineSettings = {
  version: 3,
  priority: 100,
  advertiseMs: 1000,
  preempt: true,
  preemptDelayMs: 0,
  source: '10.0.0.5',
  grouped: false,
  witness: false,
};
export const SKEW = 609.375;
export const DOWN = 3609.375;
/** Of the others. */
export const THEIRS = 400;
export const SKEW_OF_THEIRS = (156 * THEIRS) / 256;

export const stateNames = [
  'initialize',
  'initialize, held',
  'fault',
  'fault, twice',
  'backup',
  'backup, left alone',
  'backup, woken late',
  'backup, asks a witness',
  'backup, asks its group',
  'backup, released',
  'active',
  'active, has answered',
] as const;
export type StateName = (typeof stateNames)[number];

export const eventNames = [
  'startup',
  'shutdown',
  'fault',
  'the same fault',
  'clear',
  'clear of nothing',
  'timer, too early',
  'timer',
  'timer, late',
  'advertisement of 0',
  'advertisement of lower priority',
  'advertisement of equal priority, lower address',
  'advertisement of equal priority, higher address',
  'advertisement of higher priority',
  'advertisement of 255',
  'advertisement from the own address',
  'new priority',
  'new interval',
  'new priority 255',
  'new addresses',
  'witness',
  'take',
  'yield',
  'yield, released',
] as const;
export type EventName = (typeof eventNames)[number];

function after(events: readonly (readonly [MachineEvent, number])[], given: MachineSettings): MachineState {
  return events.reduce((state, [event, atMs]) => step(given, state, event, atMs).state, INITIAL_STATE);
}

const startup: MachineEvent = { kind: 'startup' };
const timer: MachineEvent = { kind: 'timer' };
const linkDown: MachineEvent = { kind: 'fault', condition: LINK };
const tableMissing: MachineEvent = { kind: 'fault', condition: TABLE };
const silence: readonly (readonly [MachineEvent, number])[] = [
  [startup, NOW - 100 - DOWN],
  [timer, NOW - 100],
];

export function stateOf(name: StateName, given: MachineSettings): MachineState {
  switch (name) {
    case 'initialize':
      return INITIAL_STATE;
    case 'initialize, held':
      return after([[linkDown, NOW - 500]], given);
    case 'fault':
      return after(
        [
          [linkDown, NOW - 500],
          [startup, NOW - 400],
        ],
        given,
      );
    case 'fault, twice':
      return after(
        [
          [linkDown, NOW - 500],
          [tableMissing, NOW - 450],
          [startup, NOW - 400],
        ],
        given,
      );
    case 'backup':
      return after([[startup, NOW - 500]], given);
    case 'backup, left alone':
      return after(
        [
          [startup, NOW - 500],
          [advertisement(0, '10.0.0.9'), NOW - 100],
        ],
        given,
      );
    case 'backup, woken late':
      return after(
        [
          [startup, NOW - 90_000],
          [timer, NOW - 100],
        ],
        given,
      );
    case 'backup, asks a witness':
      return after(silence, { ...given, witness: true });
    case 'backup, asks its group':
      return after(silence, { ...given, grouped: true });
    case 'backup, released':
      return after(
        [
          [startup, NOW - 500],
          [{ kind: 'yield', released: true }, NOW - 400],
        ],
        given,
      );
    case 'active':
      return after(
        [
          [startup, NOW - 400 - DOWN],
          [timer, NOW - 400],
        ],
        given,
      );
    case 'active, has answered':
      return after(
        [
          [startup, NOW - 400 - DOWN],
          [timer, NOW - 400],
          [advertisement(1, '10.0.0.9'), NOW - 100],
        ],
        given,
      );
  }
}

function advertisement(priority: number, sender: string): MachineEvent {
  return { kind: 'advertisement', priority, sender, advertiseMs: THEIRS };
}

/** An event, when it comes, and the settings that hold from then on. */
export interface Occasion {
  readonly event: MachineEvent;
  readonly nowMs: number;
  readonly settings: MachineSettings;
}

export function occasionOf(name: EventName, state: MachineState, given: MachineSettings): Occasion {
  const at = (event: MachineEvent, nowMs = NOW, changed: Partial<MachineSettings> = {}): Occasion => ({
    event,
    nowMs,
    settings: { ...given, ...changed },
  });
  const heard = (priority: number, sender: string): Occasion => at(advertisement(priority, sender));
  const anew = (changed: Partial<MachineSettings>, addresses = false): Occasion =>
    at({ kind: 'reconfigure', addresses }, NOW, changed);
  switch (name) {
    case 'startup':
      return at(startup);
    case 'shutdown':
      return at({ kind: 'shutdown' });
    case 'fault':
      return at(tableMissing);
    case 'the same fault':
      return at(linkDown);
    case 'clear':
      return at({ kind: 'clear', condition: LINK });
    case 'clear of nothing':
      return at({ kind: 'clear', condition: 'nothing' });
    case 'timer, too early':
      return at(timer);
    case 'timer':
      return at(timer, Number.isFinite(state.dueAtMs) ? state.dueAtMs : NOW);
    case 'timer, late':
      return at(timer, Number.isFinite(state.lateAtMs) ? state.lateAtMs + 1 : NOW + 3_600_000);
    case 'advertisement of 0':
      return heard(0, '10.0.0.9');
    case 'advertisement of lower priority':
      return heard(99, '10.0.0.9');
    case 'advertisement of equal priority, lower address':
      return heard(100, '10.0.0.4');
    case 'advertisement of equal priority, higher address':
      // Lower as text.
      return heard(100, '10.0.0.10');
    case 'advertisement of higher priority':
      return heard(101, '10.0.0.4');
    case 'advertisement of 255':
      return heard(255, '10.0.0.4');
    case 'advertisement from the own address':
      return heard(200, given.source);
    case 'new priority':
      return anew({ priority: 200 });
    case 'new interval':
      return anew({ advertiseMs: 2000 });
    case 'new priority 255':
      return anew({ priority: 255 });
    case 'new addresses':
      return anew({}, true);
    case 'witness':
      return at({ kind: 'witness' });
    case 'take':
      return at({ kind: 'take' });
    case 'yield':
      return at({ kind: 'yield', released: false });
    case 'yield, released':
      return at({ kind: 'yield', released: true });
  }
}
