import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { INITIAL_STATE, type MachineSettings, type MachineState } from '../../../src/ha/machine-state.js';
import { step, type Action, type MachineEvent, type TransitionCause } from '../../../src/ha/machine.js';
import {
  DOWN,
  eventNames,
  LINK,
  NOW,
  occasionOf,
  settings,
  SKEW,
  SKEW_OF_THEIRS,
  stateNames,
  stateOf,
  TABLE,
  THEIRS,
  type EventName,
  type StateName,
} from './machine-table.js';

/** What a cell of the table asks for; `same` = the very same state, and nothing to do. */
interface Expectation {
  readonly to: MachineState['name'];
  /** After the event, ms; Infinity = no timer. */
  readonly dueInMs: number;
  readonly actions?: readonly Action[];
  readonly cause?: TransitionCause;
  readonly conditions?: readonly string[];
}

interface Row {
  readonly states: readonly StateName[];
  readonly events: readonly EventName[];
  readonly expected: Expectation | 'same';
  /** What the RFC says, in our own words, or what this machine says where it is silent. */
  readonly because: string;
}

const off: readonly StateName[] = ['initialize', 'initialize, held', 'fault', 'fault, twice'];
const initialize: readonly StateName[] = ['initialize', 'initialize, held'];
const fault: readonly StateName[] = ['fault', 'fault, twice'];
const asking: readonly StateName[] = ['backup, asks a witness', 'backup, asks its group'];
const eager: readonly StateName[] = ['backup', 'backup, left alone', 'backup, woken late', ...asking];
const backup: readonly StateName[] = [...eager, 'backup, released'];
const active: readonly StateName[] = ['active', 'active, has answered'];
const timers: readonly EventName[] = ['timer, too early', 'timer', 'timer, late'];
const advertisements = eventNames.filter((name) => name.startsWith('advertisement'));
const changes = eventNames.filter((name) => name.startsWith('new '));
const superior: readonly EventName[] = ['advertisement of higher priority', 'advertisement of 255'];
const equal: readonly EventName[] = [
  'advertisement of equal priority, lower address',
  'advertisement of equal priority, higher address',
];

const TAKE: readonly Action[] = ['advertise', 'add-addresses', 'announce'];
const LEAVE: readonly Action[] = ['resign', 'remove-addresses'];
const RELEASE: readonly Action[] = ['remove-addresses'];
const RELEASE_AND_TELL: readonly Action[] = ['remove-addresses', 'advertise'];

/** Version 3, with preemption. */
const table: readonly Row[] = [
  {
    states: ['initialize'],
    events: ['startup'],
    expected: { to: 'backup', dueInMs: DOWN, actions: RELEASE, cause: 'started' },
    because:
      '6.4.1: a startup below priority 255 takes the own interval for the active one, sets Active_Down_Timer and makes a backup',
  },
  {
    states: ['initialize, held'],
    events: ['startup'],
    expected: { to: 'fault', dueInMs: Infinity, actions: RELEASE, cause: 'fault', conditions: [LINK] },
    because: 'silent: while a condition holds, a startup leads to Initialize, which is called fault',
  },
  {
    states: initialize,
    events: ['shutdown'],
    expected: 'same',
    because: '6.4.1: Initialize waits for a startup, a shutdown says nothing to it',
  },
  {
    states: off,
    events: advertisements,
    expected: 'same',
    because: '6.4.1: Initialize waits for a startup, whatever others send',
  },
  { states: off, events: timers, expected: 'same', because: '6.4.1: in Initialize no timer runs' },
  {
    states: off,
    events: changes,
    expected: 'same',
    because: '6.4.1: in Initialize settings are read at the startup',
  },
  {
    states: ['initialize'],
    events: ['fault'],
    expected: { to: 'initialize', dueInMs: Infinity, conditions: [TABLE] },
    because: 'silent: a condition is remembered for the startup',
  },
  {
    states: ['initialize'],
    events: ['the same fault'],
    expected: { to: 'initialize', dueInMs: Infinity, conditions: [LINK] },
    because: 'silent: a condition is remembered for the startup',
  },
  {
    states: ['initialize, held'],
    events: ['fault'],
    expected: { to: 'initialize', dueInMs: Infinity, conditions: [LINK, TABLE] },
    because: 'silent: conditions add up',
  },
  {
    states: ['initialize, held'],
    events: ['the same fault', 'clear of nothing'],
    expected: { to: 'initialize', dueInMs: Infinity, conditions: [LINK] },
    because: 'silent: a condition counts once',
  },
  {
    states: initialize,
    events: ['clear'],
    expected: { to: 'initialize', dueInMs: Infinity, conditions: [] },
    because: 'silent: without conditions it still waits for its startup',
  },
  {
    states: ['initialize'],
    events: ['clear of nothing'],
    expected: { to: 'initialize', dueInMs: Infinity, conditions: [] },
    because: 'silent: what did not hold cannot cease',
  },
  {
    states: fault,
    events: ['startup'],
    expected: 'same',
    because: 'silent: a repeated startup changes nothing, the condition holds',
  },
  {
    states: ['fault'],
    events: ['shutdown'],
    expected: { to: 'initialize', dueInMs: Infinity, cause: 'shutdown', conditions: [LINK] },
    because: '6.4.3: only an active one sends priority 0',
  },
  {
    states: ['fault, twice'],
    events: ['shutdown'],
    expected: { to: 'initialize', dueInMs: Infinity, cause: 'shutdown', conditions: [LINK, TABLE] },
    because: '6.4.3: only an active one sends priority 0',
  },
  {
    states: ['fault'],
    events: ['fault'],
    expected: { to: 'fault', dueInMs: Infinity, conditions: [LINK, TABLE] },
    because: 'silent: conditions add up',
  },
  {
    states: ['fault'],
    events: ['the same fault', 'clear of nothing'],
    expected: { to: 'fault', dueInMs: Infinity, conditions: [LINK] },
    because: 'silent: a condition counts once',
  },
  {
    states: ['fault, twice'],
    events: ['fault', 'the same fault', 'clear of nothing'],
    expected: { to: 'fault', dueInMs: Infinity, conditions: [LINK, TABLE] },
    because: 'silent: a condition counts once',
  },
  {
    states: ['fault'],
    events: ['clear'],
    expected: { to: 'backup', dueInMs: DOWN, actions: RELEASE, cause: 'started' },
    because: '6.4.1: without the last condition it is as after a startup, and waits Active_Down_Interval',
  },
  {
    states: ['fault, twice'],
    events: ['clear'],
    expected: { to: 'fault', dueInMs: Infinity, conditions: [TABLE] },
    because: 'silent: every condition must be gone',
  },
  {
    states: [...backup, ...active],
    events: ['startup', 'clear', 'clear of nothing'],
    expected: 'same',
    because: 'silent: a repeated startup changes nothing, and no condition holds in backup or active',
  },
  {
    states: backup,
    events: ['shutdown'],
    expected: { to: 'initialize', dueInMs: Infinity, cause: 'shutdown' },
    because: '6.4.2: a backup that shuts down cancels Active_Down_Timer, and sends nothing',
  },
  {
    states: backup,
    events: ['fault'],
    expected: { to: 'fault', dueInMs: Infinity, cause: 'fault', conditions: [TABLE] },
    because: '6.4.2: as a shutdown of a backup, which sends nothing',
  },
  {
    states: backup,
    events: ['the same fault'],
    expected: { to: 'fault', dueInMs: Infinity, cause: 'fault', conditions: [LINK] },
    because: '6.4.2: as a shutdown of a backup, which sends nothing',
  },
  {
    states: [...backup, ...active],
    events: ['timer, too early'],
    expected: 'same',
    because: '6.4: a timer that has not ended does nothing',
  },
  {
    states: ['backup', 'backup, woken late', ...asking, 'backup, released'],
    events: ['timer'],
    expected: { to: 'active', dueInMs: 1000, actions: TAKE, cause: 'silence' },
    because:
      '6.4.2: when Active_Down_Timer ends, send an advertisement, then a gratuitous ARP for each address, and set Adver_Timer',
  },
  {
    states: ['backup, left alone'],
    events: ['timer'],
    expected: { to: 'active', dueInMs: 1000, actions: TAKE, cause: 'peer-left' },
    because: '6.4.2: after priority 0 the timer ends after Skew_Time, and it takes over',
  },
  {
    states: ['backup', 'backup, left alone', ...asking, 'backup, released'],
    events: ['timer, late'],
    expected: { to: 'backup', dueInMs: 1000 + SKEW },
    because: 'silent: who did not listen does not know of a silence, and listens for one more interval',
  },
  {
    states: ['backup, woken late'],
    events: ['timer, late'],
    expected: { to: 'active', dueInMs: 1000, actions: TAKE, cause: 'silence' },
    because: 'silent: a host that is always late takes over all the same, for somebody must',
  },
  {
    states: backup,
    events: ['advertisement of 0'],
    expected: { to: 'backup', dueInMs: SKEW },
    because: '6.4.2: priority 0 sets Active_Down_Timer to Skew_Time',
  },
  {
    states: ['backup, released'],
    events: ['advertisement of lower priority'],
    expected: { to: 'backup', dueInMs: 3 * THEIRS + SKEW_OF_THEIRS },
    because: '6.4.2: who was released has no Preempt_Mode, a lower priority sets the timer, too',
  },
  {
    states: eager,
    events: ['advertisement of lower priority'],
    expected: 'same',
    because: '6.4.2: with Preempt_Mode an advertisement of lower priority is discarded, the timer goes on',
  },
  {
    states: backup,
    events: [...equal, ...superior],
    expected: { to: 'backup', dueInMs: 3 * THEIRS + SKEW_OF_THEIRS },
    because:
      '6.4.2: an advertisement of equal or higher priority teaches its interval, from which Skew_Time and Active_Down_Interval are computed anew, and sets the timer',
  },
  {
    states: [...backup, ...active],
    events: ['advertisement from the own address'],
    expected: 'same',
    because: 'silent: one cannot be told of oneself',
  },
  {
    states: ['backup', 'backup, released'],
    events: ['new priority'],
    expected: { to: 'backup', dueInMs: 3000 + (56 * 1000) / 256 - 500 },
    because: '6.1: Active_Down_Interval follows from the priority; silent: it counts from where it did',
  },
  {
    states: ['backup, left alone'],
    events: ['new priority'],
    expected: { to: 'backup', dueInMs: (56 * 1000) / 256 - 100 },
    because: '6.1: Skew_Time follows from the priority; silent: it counts from where it did',
  },
  {
    states: ['backup, woken late'],
    events: ['new priority'],
    expected: { to: 'backup', dueInMs: 1000 + (56 * 1000) / 256 - 100 },
    because: '6.1: Skew_Time follows from the priority; silent: it counts from where it did',
  },
  {
    states: ['backup', 'backup, released'],
    events: ['new interval'],
    expected: { to: 'backup', dueInMs: 2 * DOWN - 500 },
    because: '6.1: while no active one was heard, the own interval counts',
  },
  {
    states: ['backup, left alone'],
    events: ['new interval'],
    expected: { to: 'backup', dueInMs: 2 * SKEW - 100 },
    because: '6.1: while no active one was heard, the own interval counts',
  },
  {
    states: ['backup, woken late'],
    events: ['new interval'],
    expected: { to: 'backup', dueInMs: 2000 + 2 * SKEW - 100 },
    because: '6.1: while no active one was heard, the own interval counts',
  },
  {
    states: asking,
    events: ['new priority', 'new addresses'],
    expected: { to: 'backup', dueInMs: 900 },
    because: 'silent: it asks every interval, whatever its priority is',
  },
  {
    states: asking,
    events: ['yield, released'],
    expected: { to: 'backup', dueInMs: 900 },
    because: 'silent: it remembers that it was released, and goes on as before',
  },
  {
    states: asking,
    events: ['new interval'],
    expected: { to: 'backup', dueInMs: 1900 },
    because: 'silent: it asks every interval',
  },
  {
    states: eager,
    events: ['new priority 255'],
    expected: { to: 'active', dueInMs: 1000, actions: TAKE, cause: 'owner' },
    because: '6.4.1: the owner does not wait',
  },
  {
    states: ['backup, released'],
    events: ['new priority 255'],
    expected: { to: 'backup', dueInMs: 3000 + 1000 / 256 - 500 },
    because: 'silent: who was released waits, whatever is its own',
  },
  {
    states: ['backup, asks a witness'],
    events: ['witness'],
    expected: { to: 'active', dueInMs: 1000, actions: TAKE, cause: 'witness' },
    because: 'silent: there is silence, and it is not this host that is cut off',
  },
  {
    states: [
      ...off,
      'backup',
      'backup, left alone',
      'backup, woken late',
      'backup, asks its group',
      'backup, released',
      ...active,
    ],
    events: ['witness'],
    expected: 'same',
    because: 'silent: it has not asked, or for a silence that is over',
  },
  {
    states: backup,
    events: ['take'],
    expected: { to: 'active', dueInMs: 1000, actions: TAKE, cause: 'take' },
    because: 'silent: it is told to, and asks nobody',
  },
  {
    states: [...off, ...active],
    events: ['take'],
    expected: 'same',
    because: 'silent: it cannot, or need not',
  },
  {
    states: [...off, ...backup],
    events: ['yield'],
    expected: 'same',
    because: 'silent: who has nothing leaves nothing',
  },
  {
    states: [...initialize, 'backup, released'],
    events: ['yield, released'],
    expected: 'same',
    because: 'silent: a start begins anew, and twice is once',
  },
  {
    states: ['fault'],
    events: ['yield, released'],
    expected: { to: 'fault', dueInMs: Infinity, conditions: [LINK] },
    because: 'silent: it remembers that it was released for when the condition is gone',
  },
  {
    states: ['fault, twice'],
    events: ['yield, released'],
    expected: { to: 'fault', dueInMs: Infinity, conditions: [LINK, TABLE] },
    because: 'silent: it remembers that it was released for when the conditions are gone',
  },
  {
    states: active,
    events: ['yield', 'yield, released'],
    expected: { to: 'backup', dueInMs: DOWN, actions: LEAVE, cause: 'yield' },
    because: '6.4.3: as a shutdown, so that nobody waits; silent: and it listens at once',
  },
  {
    states: ['backup', 'backup, released'],
    events: ['new addresses'],
    expected: { to: 'backup', dueInMs: DOWN - 500 },
    because: 'silent: a backup holds none, its timer goes on',
  },
  {
    states: ['backup'],
    events: ['yield, released'],
    expected: { to: 'backup', dueInMs: DOWN - 500 },
    because: 'silent: it remembers that it was released, and goes on as before',
  },
  {
    states: ['backup, left alone'],
    events: ['new addresses', 'yield, released'],
    expected: { to: 'backup', dueInMs: SKEW - 100 },
    because: 'silent: a backup holds none, its timer goes on',
  },
  {
    states: ['backup, woken late'],
    events: ['new addresses', 'yield, released'],
    expected: { to: 'backup', dueInMs: 1000 + SKEW - 100 },
    because: 'silent: a backup holds none, its timer goes on',
  },
  {
    states: active,
    events: ['shutdown'],
    expected: { to: 'initialize', dueInMs: Infinity, actions: LEAVE, cause: 'shutdown' },
    because: '6.4.3: an active one that shuts down cancels Adver_Timer and sends priority 0',
  },
  {
    states: active,
    events: ['fault'],
    expected: { to: 'fault', dueInMs: Infinity, actions: LEAVE, cause: 'fault', conditions: [TABLE] },
    because: '6.4.3: as a shutdown, so that nobody waits for the silence',
  },
  {
    states: active,
    events: ['the same fault'],
    expected: { to: 'fault', dueInMs: Infinity, actions: LEAVE, cause: 'fault', conditions: [LINK] },
    because: '6.4.3: as a shutdown, so that nobody waits for the silence',
  },
  {
    states: active,
    events: ['timer'],
    expected: { to: 'active', dueInMs: 1000, actions: ['advertise'] },
    because: '6.4.3: when Adver_Timer ends, send an advertisement and set it to Advertisement_Interval',
  },
  {
    states: active,
    events: ['timer, late'],
    expected: { to: 'backup', dueInMs: DOWN, actions: RELEASE, cause: 'late' },
    because:
      'silent: after a silence of Active_Down_Interval another may be active; the addresses go before anything is sent',
  },
  {
    states: active,
    events: ['advertisement of 0'],
    expected: { to: 'active', dueInMs: 1000, actions: ['advertise'] },
    because: '6.4.3: priority 0 is answered by an advertisement, and Adver_Timer is set anew',
  },
  {
    states: ['active'],
    events: ['advertisement of lower priority', 'advertisement of equal priority, lower address'],
    expected: { to: 'active', dueInMs: 600, actions: ['advertise', 'announce'] },
    because:
      '6.4.3: the lesser of two is answered at once, so that it yields and bridges learn the way; Adver_Timer goes on',
  },
  {
    states: ['active, has answered'],
    events: ['advertisement of lower priority', 'advertisement of equal priority, lower address'],
    expected: { to: 'active', dueInMs: 600, actions: ['announce'] },
    because:
      'silent: one answer an interval is enough, more would be a storm between two that disagree; who announced last has the neighbours',
  },
  {
    states: ['active'],
    events: ['advertisement of equal priority, higher address'],
    expected: {
      to: 'backup',
      dueInMs: 3 * THEIRS + SKEW_OF_THEIRS,
      actions: RELEASE_AND_TELL,
      cause: 'higher-address',
    },
    because:
      '6.4.3: with equal priority the higher primary address, as an unsigned number in network byte order, stays active; silent: when its addresses are gone it tells that it had them',
  },
  {
    states: ['active'],
    events: superior,
    expected: {
      to: 'backup',
      dueInMs: 3 * THEIRS + SKEW_OF_THEIRS,
      actions: RELEASE_AND_TELL,
      cause: 'higher-priority',
    },
    because:
      '6.4.3: a higher priority ends the active state: cancel Adver_Timer, and compute and set Active_Down_Timer; silent: when its addresses are gone it tells that it had them',
  },
  {
    states: ['active, has answered'],
    events: ['advertisement of equal priority, higher address'],
    expected: {
      to: 'backup',
      dueInMs: 3 * THEIRS + SKEW_OF_THEIRS,
      actions: RELEASE,
      cause: 'higher-address',
    },
    because:
      '6.4.3: with equal priority the higher primary address, as an unsigned number in network byte order, stays active; silent: one answer an interval is enough',
  },
  {
    states: ['active, has answered'],
    events: superior,
    expected: {
      to: 'backup',
      dueInMs: 3 * THEIRS + SKEW_OF_THEIRS,
      actions: RELEASE,
      cause: 'higher-priority',
    },
    because:
      '6.4.3: a higher priority ends the active state: cancel Adver_Timer, and compute and set Active_Down_Timer; silent: one answer an interval is enough',
  },
  {
    states: active,
    events: ['new priority', 'new priority 255'],
    expected: { to: 'active', dueInMs: 1000, actions: ['advertise'] },
    because: 'silent: a reload does not end the active state, and the others hear of it at once',
  },
  {
    states: active,
    events: ['new interval'],
    expected: { to: 'active', dueInMs: 2000, actions: ['advertise'] },
    because: 'silent: a longer interval is told before the backups have waited three of the old ones',
  },
  {
    states: active,
    events: ['new addresses'],
    expected: { to: 'active', dueInMs: 1000, actions: TAKE },
    because: 'silent: a reload does not end the active state',
  },
];

/** Where version 2 differs. */
const version2: readonly Row[] = [
  {
    states: ['backup, released'],
    events: ['advertisement of lower priority'],
    expected: { to: 'backup', dueInMs: DOWN },
    because: 'RFC 3768 6.4.2: the timer is set to Master_Down_Interval, of the own interval',
  },
  {
    states: backup,
    events: [...equal, ...superior],
    expected: { to: 'backup', dueInMs: DOWN },
    because: 'RFC 3768 6.4.2: the timer is set to Master_Down_Interval, of the own interval',
  },
  {
    states: active,
    events: ['advertisement of lower priority', 'advertisement of equal priority, lower address'],
    expected: { to: 'active', dueInMs: 600, actions: ['announce'] },
    because: 'RFC 3768 6.4.3: the lesser is discarded; silent: the neighbours are told again',
  },
  {
    states: ['active'],
    events: ['advertisement of equal priority, higher address'],
    expected: {
      to: 'backup',
      dueInMs: DOWN,
      actions: RELEASE_AND_TELL,
      cause: 'higher-address',
    },
    because:
      'RFC 3768 6.4.3: with equal priority the higher primary address, as an unsigned number in network byte order, stays active; silent: when its addresses are gone it tells that it had them',
  },
  {
    states: ['active'],
    events: superior,
    expected: {
      to: 'backup',
      dueInMs: DOWN,
      actions: RELEASE_AND_TELL,
      cause: 'higher-priority',
    },
    because:
      'RFC 3768 6.4.3: a higher priority ends the active state: cancel Adver_Timer, and compute and set Active_Down_Timer; silent: when its addresses are gone it tells that it had them',
  },
  {
    states: ['active, has answered'],
    events: ['advertisement of equal priority, higher address'],
    expected: {
      to: 'backup',
      dueInMs: DOWN,
      actions: RELEASE_AND_TELL,
      cause: 'higher-address',
    },
    because:
      'RFC 3768 6.4.3: with equal priority the higher primary address, as an unsigned number in network byte order, stays active; silent: version 2 has not answered',
  },
  {
    states: ['active, has answered'],
    events: superior,
    expected: {
      to: 'backup',
      dueInMs: DOWN,
      actions: RELEASE_AND_TELL,
      cause: 'higher-priority',
    },
    because:
      'RFC 3768 6.4.3: a higher priority ends the active state: cancel Adver_Timer, and compute and set Active_Down_Timer; silent: version 2 has not answered',
  },
  {
    states: ['backup', 'backup, released'],
    events: ['new interval'],
    expected: { to: 'backup', dueInMs: 6000 + SKEW - 500 },
    because: 'RFC 3768 6.1: the skew is in parts of a second, whatever the interval',
  },
  {
    states: ['backup, left alone'],
    events: ['new interval'],
    expected: { to: 'backup', dueInMs: SKEW - 100 },
    because: 'RFC 3768 6.1: the skew is in parts of a second, whatever the interval',
  },
  {
    states: ['backup, woken late'],
    events: ['new interval'],
    expected: { to: 'backup', dueInMs: 2000 + SKEW - 100 },
    because: 'RFC 3768 6.1: the skew is in parts of a second, whatever the interval',
  },
];

/** Where it differs without preemption. */
const patient: readonly Row[] = [
  {
    states: backup,
    events: ['advertisement of lower priority'],
    expected: { to: 'backup', dueInMs: 3 * THEIRS + SKEW_OF_THEIRS },
    because: '6.4.2: without Preempt_Mode a lower priority sets the timer, too',
  },
];

function rowOf(rows: readonly Row[], state: StateName, event: EventName): Row | undefined {
  return rows.find(({ states, events }) => states.includes(state) && events.includes(event));
}

function check(given: MachineSettings, stateName: StateName, eventName: EventName, row: Row): void {
  const before = stateOf(stateName, given);
  const { event, nowMs, settings: current } = occasionOf(eventName, before, given);
  const { state, actions, cause } = step(current, before, event, nowMs);
  if (row.expected === 'same') {
    assert.equal(state, before, row.because);
    assert.deepEqual(actions, [], row.because);
    assert.equal(cause, null, row.because);
    return;
  }
  const {
    to,
    dueInMs,
    actions: expectedActions = [],
    cause: expectedCause = null,
    conditions = [],
  } = row.expected;
  assert.equal(state.name, to, row.because);
  assert.ok(
    state.dueAtMs === nowMs + dueInMs || Math.abs(state.dueAtMs - nowMs - dueInMs) < 1e-6,
    `${row.because}: due in ${state.dueAtMs - nowMs} ms instead of ${dueInMs} ms`,
  );
  assert.deepEqual(actions, expectedActions, row.because);
  assert.equal(cause, expectedCause, row.because);
  assert.deepEqual(state.conditions, conditions, row.because);
}

function everyCell(name: string, given: MachineSettings, exceptions: readonly Row[]): void {
  describe(name, () => {
    for (const stateName of stateNames) {
      for (const eventName of eventNames) {
        it(`${stateName}: ${eventName}`, () => {
          const row = rowOf(exceptions, stateName, eventName) ?? rowOf(table, stateName, eventName);
          assert.ok(row !== undefined, 'the table has no row for this cell');
          check(given, stateName, eventName, row);
        });
      }
    }
  });
}

everyCell('step, version 3', settings, []);
everyCell('step, version 2', { ...settings, version: 2 }, version2);
everyCell('step, version 3 without preemption', { ...settings, preempt: false }, patient);

describe('the table of step', () => {
  it('names every cell once', () => {
    const cells = stateNames.flatMap((state) => eventNames.map((event) => ({ state, event })));
    const counts = cells.map(({ state, event }) => {
      const rows = table.filter(({ states, events }) => states.includes(state) && events.includes(event));
      return { state, event, count: rows.length };
    });
    assert.deepEqual(
      counts.filter(({ count }) => count !== 1),
      [],
    );
  });
});

interface Told {
  readonly state: MachineState;
  readonly actions: readonly Action[];
  readonly cause: TransitionCause | null;
}

function play(given: MachineSettings, events: readonly (readonly [MachineEvent, number])[]): Told {
  let told: Told = { state: INITIAL_STATE, actions: [], cause: null };
  for (const [event, nowMs] of events) told = step(given, told.state, event, nowMs);
  return told;
}

const startup: MachineEvent = { kind: 'startup' };
const timer: MachineEvent = { kind: 'timer' };

function heard(priority: number, sender: string, advertiseMs = 1000): MachineEvent {
  return { kind: 'advertisement', priority, sender, advertiseMs };
}

describe('the owner of the addresses', () => {
  const owner = { ...settings, priority: 255 };

  it('is active from its startup on', () => {
    const { state, actions, cause } = play(owner, [[startup, NOW]]);
    assert.equal(state.name, 'active', '6.4.1: with priority 255 a startup leads to Active');
    assert.deepEqual(actions, TAKE, '6.4.1: it sends an advertisement, announces, and sets Adver_Timer');
    assert.equal(state.dueAtMs, NOW + 1000);
    assert.equal(cause, 'owner');
  });

  it('is active again as soon as the last condition is gone', () => {
    const { state } = play(owner, [
      [{ kind: 'fault', condition: LINK }, NOW],
      [startup, NOW],
      [{ kind: 'clear', condition: LINK }, NOW + 10],
    ]);
    assert.equal(state.name, 'active', '6.4.1: without a condition it is as after a startup');
  });

  it('yields to nobody below it', () => {
    const { state } = play(owner, [
      [startup, NOW],
      [heard(254, '10.0.0.200'), NOW + 10],
    ]);
    assert.equal(state.name, 'active', '6.4.3: only a higher priority, or an equal one, makes it yield');
  });

  it('of two, that with the higher address stays', () => {
    const lower = play(owner, [
      [startup, NOW],
      [heard(255, '10.0.0.6'), NOW + 10],
    ]);
    assert.equal(lower.state.name, 'backup', '6.4.3: equal priority, higher address of the sender');
    const higher = play(owner, [
      [startup, NOW],
      [heard(255, '10.0.0.4'), NOW + 10],
    ]);
    assert.equal(higher.state.name, 'active', '6.4.3: equal priority, lower address of the sender');
  });

  it('waits like any backup when it was woken late, for another may be active', () => {
    const late = play(owner, [
      [startup, NOW],
      [timer, NOW + 20_000],
    ]);
    assert.equal(late.state.name, 'backup');
    assert.deepEqual(late.actions, RELEASE);
    const back = step(owner, late.state, timer, late.state.dueAtMs);
    assert.equal(back.state.name, 'active');
  });
});

describe('equal priority', () => {
  const pairs: readonly (readonly [string, string])[] = [
    ['10.0.0.5', '10.0.0.10'],
    ['9.255.255.255', '10.0.0.0'],
    ['127.0.0.1', '128.0.0.1'],
    ['fe80::9', 'fe80::10'],
    ['fe80::1', 'fe80:0:0:1::'],
    ['fe80::7fff:ffff', 'fe80::8000:0'],
  ];
  for (const [lower, higher] of pairs) {
    it(`makes ${lower} yield to ${higher}, and not the other way round`, () => {
      const verdict = (source: string, sender: string): string =>
        play({ ...settings, source }, [
          [startup, NOW],
          [timer, NOW + DOWN],
          [heard(100, sender), NOW + DOWN + 10],
        ]).state.name;
      assert.equal(verdict(lower, higher), 'backup', '6.4.3: unsigned comparison in network byte order');
      assert.equal(verdict(higher, lower), 'active', '6.4.3: unsigned comparison in network byte order');
    });
  }
});

describe('the learned interval', () => {
  it('decides how long the backup waits, and not how often it advertises itself', () => {
    const backup = play(settings, [
      [startup, NOW],
      [heard(150, '10.0.0.9', 200), NOW + 10],
    ]);
    assert.equal(backup.state.dueAtMs, NOW + 10 + 600 + (156 * 200) / 256, '6.1: Active_Adver_Interval');
    const active = step(settings, backup.state, timer, backup.state.dueAtMs);
    assert.equal(active.state.dueAtMs, backup.state.dueAtMs + 1000, '6.1: Advertisement_Interval');
  });

  it('decides the skew after priority 0, too', () => {
    const { state } = play(settings, [
      [startup, NOW],
      [heard(150, '10.0.0.9', 200), NOW + 10],
      [heard(0, '10.0.0.9', 200), NOW + 20],
    ]);
    assert.equal(state.dueAtMs, NOW + 20 + (156 * 200) / 256, '6.4.2: Skew_Time of Active_Adver_Interval');
  });

  it('outlasts a reload of the own one', () => {
    const before = play(settings, [
      [startup, NOW],
      [heard(150, '10.0.0.9', 200), NOW + 10],
    ]);
    const { state } = step(
      { ...settings, advertiseMs: 5000 },
      before.state,
      { kind: 'reconfigure', addresses: false },
      NOW + 20,
    );
    assert.equal(state.dueAtMs, before.state.dueAtMs, '6.1: it is the active one that says its interval');
  });
});

describe('a late wake-up', () => {
  const taken: readonly (readonly [MachineEvent, number])[] = [
    [startup, NOW - DOWN],
    [timer, NOW],
  ];
  /** The last moment at which nobody like it has taken over yet. */
  const last = NOW + DOWN;

  it('is one after Active_Down_Interval since the last advertisement, and not before', () => {
    assert.deepEqual(play(settings, [...taken, [timer, last]]).actions, ['advertise']);
    assert.deepEqual(play(settings, [...taken, [timer, last + 0.001]]).actions, RELEASE);
  });

  const events: readonly (readonly [string, MachineEvent, MachineState['name'], readonly Action[]])[] = [
    ['an inferior advertisement', heard(50, '10.0.0.9'), 'backup', RELEASE],
    ['a superior advertisement', heard(150, '10.0.0.9'), 'backup', RELEASE],
    ['priority 0', heard(0, '10.0.0.9'), 'backup', RELEASE],
    ['a reload', { kind: 'reconfigure', addresses: true }, 'backup', RELEASE],
    ['a repeated startup', startup, 'backup', RELEASE],
    ['a shutdown', { kind: 'shutdown' }, 'initialize', RELEASE],
    ['a fault', { kind: 'fault', condition: LINK }, 'fault', RELEASE],
    ['an order to take', { kind: 'take' }, 'backup', RELEASE],
    ['an order to yield', { kind: 'yield', released: true }, 'backup', RELEASE],
  ];
  for (const [name, event, to, actions] of events) {
    it(`that begins with ${name} removes the addresses, and sends nothing`, () => {
      const told = play(settings, [...taken, [event, NOW + 10_000]]);
      assert.equal(told.state.name, to);
      assert.deepEqual(told.actions, actions);
    });
  }

  it('does not let timers that are a little late add up', () => {
    const once = play(settings, [...taken, [timer, NOW + 1003]]);
    assert.equal(once.state.dueAtMs, NOW + 2000, 'the rhythm is that of the first advertisement');
    const much = play(settings, [...taken, [timer, NOW + 2500]]);
    assert.equal(much.state.dueAtMs, NOW + 3500, 'what was missed is not made up for');
  });
});

describe('answers to the lesser of two', () => {
  it('come at once, and then once an interval at most', () => {
    let told = play(settings, [
      [startup, NOW - DOWN],
      [timer, NOW],
    ]);
    let answers = 0;
    for (let nowMs = NOW + 1; nowMs < NOW + 10_000; nowMs += 1) {
      const event: MachineEvent = nowMs >= told.state.dueAtMs ? timer : heard(50, '10.0.0.9');
      told = step(settings, told.state, event, nowMs);
      if (event !== timer && told.actions.includes('advertise')) answers += 1;
    }
    assert.equal(answers, 10);
  });
});

describe('preemption with a delay', () => {
  const delayed = { ...settings, preemptDelayMs: 10_000 };
  const lower = (nowMs: number): readonly [MachineEvent, number] => [heard(50, '10.0.0.9'), nowMs];

  it('takes a lower one for one of its own rank until it has been backup for so long', () => {
    const before = play(delayed, [[startup, NOW], lower(NOW + 3000), lower(NOW + 6000), lower(NOW + 9999)]);
    assert.equal(before.state.dueAtMs, NOW + 9999 + DOWN);
    const after = step(delayed, before.state, heard(50, '10.0.0.9'), NOW + 10_000);
    assert.equal(after.state, before.state, '6.4.2: with Preempt_Mode a lower priority is discarded');
  });

  it('is none of silence', () => {
    const { state } = play(delayed, [[startup, NOW], lower(NOW + 1000), [timer, NOW + 1000 + DOWN]]);
    assert.equal(state.name, 'active');
  });

  it('counts from when it became backup, whatever it waits for meanwhile, and anew after it was active', () => {
    const again = play(delayed, [[startup, NOW], [heard(0, '10.0.0.9'), NOW + 9000], lower(NOW + 9100)]);
    assert.equal(again.state.backupSinceMs, NOW);
    const beaten = play(delayed, [
      [startup, NOW],
      [timer, NOW + DOWN],
      [heard(200, '10.0.0.9'), NOW + 5000],
    ]);
    assert.equal(beaten.state.backupSinceMs, NOW + 5000);
  });
});

describe('one that was released', () => {
  const released: readonly (readonly [MachineEvent, number])[] = [
    [startup, NOW],
    [timer, NOW + DOWN],
    [{ kind: 'yield', released: true }, NOW + 5000],
  ];

  it('takes over from silence, and preempts again when it has been active', () => {
    const { state, cause } = play(settings, [...released, [timer, NOW + 5000 + DOWN]]);
    assert.deepEqual([state.name, state.released, cause], ['active', false, 'silence']);
  });

  it('is so still after a fault, and not after a shutdown', () => {
    const faulty = play(settings, [
      ...released,
      [{ kind: 'fault', condition: LINK }, NOW + 5100],
      [{ kind: 'clear', condition: LINK }, NOW + 5200],
    ]);
    assert.deepEqual([faulty.state.name, faulty.state.released], ['backup', true]);
    const stopped = play(settings, [...released, [{ kind: 'shutdown' }, NOW + 5100], [startup, NOW + 5200]]);
    assert.equal(stopped.state.released, false);
  });
});

describe('where a witness is needed', () => {
  const careful = { ...settings, witness: true };

  it('the end of the silence is a question, asked anew every interval', () => {
    const asked = play(careful, [
      [startup, NOW],
      [timer, NOW + DOWN],
    ]);
    assert.deepEqual([asked.state.name, asked.actions, asked.cause], ['backup', ['ask-witness'], null]);
    const again = step(careful, asked.state, timer, asked.state.dueAtMs);
    assert.deepEqual([again.state.dueAtMs, again.actions], [NOW + DOWN + 2000, ['ask-witness']]);
    assert.equal(step(careful, again.state, { kind: 'witness' }, NOW + DOWN + 1100).state.name, 'active');
  });

  it('an answer says nothing when somebody was heard meanwhile, or when it comes after a standstill', () => {
    const asked: readonly (readonly [MachineEvent, number])[] = [
      [startup, NOW],
      [timer, NOW + DOWN],
    ];
    const heardOne = play(careful, [
      ...asked,
      [heard(150, '10.0.0.9'), NOW + 3700],
      [{ kind: 'witness' }, NOW + 3701],
    ]);
    assert.equal(heardOne.state.name, 'backup');
    const late = play(careful, [...asked, [{ kind: 'witness' }, NOW + 60_000]]);
    assert.deepEqual([late.state.name, late.state.wait], ['backup', 'again']);
  });

  it('the owner asks, too, and takes what is its own with the answer', () => {
    const owner = { ...careful, priority: 255 };
    const started = play(owner, [[startup, NOW]]);
    assert.deepEqual([started.state.name, started.cause], ['backup', 'started']);
    assert.deepEqual(started.actions, ['remove-addresses', 'ask-witness']);
    assert.equal(step(owner, started.state, { kind: 'witness' }, NOW + 5).state.name, 'active');
  });

  it('the owner goes on asking, whoever is active, and whatever it was told of preemption', () => {
    const owner = { ...settings, priority: 255, preempt: false, preemptDelayMs: 10_000, witness: true };
    const { state } = step(owner, INITIAL_STATE, { kind: 'startup' }, 0);
    const heard = step(
      owner,
      state,
      { kind: 'advertisement', priority: 100, advertiseMs: 1000, sender: '10.0.0.9' },
      500,
    );
    assert.equal(heard.state.wait, 'witness');
  });

  it('a group is asked anew every interval, and by itself none of it becomes active', () => {
    const grouped = { ...settings, grouped: true };
    const asked = play(grouped, [
      [startup, NOW],
      [timer, NOW + DOWN],
    ]);
    const again = step(grouped, asked.state, timer, asked.state.dueAtMs);
    assert.deepEqual([again.state.name, again.actions], ['backup', ['ask-group']]);
    assert.equal(again.state.dueAtMs, NOW + DOWN + 2000);
  });

  it('a group is asked when the witness has answered', () => {
    const { state, actions } = play({ ...careful, grouped: true }, [
      [startup, NOW],
      [timer, NOW + DOWN],
      [{ kind: 'witness' }, NOW + DOWN + 5],
    ]);
    assert.deepEqual([state.name, state.wait, actions], ['backup', 'group', ['ask-group']]);
  });
});
