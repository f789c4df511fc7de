import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Agenda, type Alarm } from '../../../src/health/agenda.js';
import { FakeClock } from '../../support/fake-clock.js';
import { seededRandom } from '../../support/random.js';

describe('Agenda', () => {
  it('rings in order of time, and of setting within one moment', () => {
    const clock = new FakeClock();
    const agenda = new Agenda(clock);
    const rung: string[] = [];
    const at = (name: string, dueMs: number) =>
      agenda.alarm(() => rung.push(`${name}@${clock.nowMs()}`)).set(dueMs);
    at('c', 30);
    at('a', 10);
    at('b', 30);
    at('past', -5);
    clock.advance(29);
    assert.deepEqual(rung, ['past@0', 'a@10']);
    clock.advance(1);
    assert.deepEqual(rung.slice(2), ['c@30', 'b@30']);
    assert.equal(clock.pending, 0);
  });

  it('keeps one timer of the clock for any number of alarms, and none without', () => {
    const clock = new FakeClock();
    const agenda = new Agenda(clock);
    const alarms = Array.from({ length: 1000 }, (_, index) => {
      const alarm = agenda.alarm(() => undefined);
      alarm.set(1000 - index);
      return alarm;
    });
    assert.deepEqual([clock.pending, agenda.size], [1, 1000]);
    for (const alarm of alarms) alarm.cancel();
    assert.deepEqual([clock.pending, agenda.size], [0, 0]);
  });

  it('looks before it rings, and may be set and cancelled by what it calls', () => {
    const clock = new FakeClock();
    const rung: string[] = [];
    const agenda: Agenda = new Agenda(clock, () => {
      rung.push('look');
      victim.cancel();
    });
    const victim = agenda.alarm(() => rung.push('victim'));
    const again = agenda.alarm(() => {
      rung.push(`again@${clock.nowMs()}`);
      if (clock.nowMs() < 20) again.set(clock.nowMs() + 10);
    });
    victim.set(10);
    again.set(10);
    clock.advance(100);
    assert.deepEqual(rung, ['look', 'again@10', 'look', 'again@20']);
  });

  it('rings as a sorted list would over long random histories', () => {
    const random = seededRandom(11);
    const clock = new FakeClock();
    const agenda = new Agenda(clock);
    const rung: number[] = [];
    const expected: number[] = [];
    /** By alarm: when it is due and how late it was set; the slow list. */
    const list = new Map<number, { dueMs: number; order: number }>();
    const alarms: Alarm[] = Array.from({ length: 40 }, (_, index) => agenda.alarm(() => rung.push(index)));
    for (let order = 0; order < 20_000; order++) {
      const index = random.int(0, 39);
      if (random.chance(0.2)) {
        alarms[index]?.cancel();
        list.delete(index);
      } else {
        const dueMs = clock.nowMs() + random.int(0, 50);
        alarms[index]?.set(dueMs);
        list.set(index, { dueMs, order });
      }
      if (!random.chance(0.3)) continue;
      clock.advance(random.int(0, 20));
      const due = [...list].filter(([, { dueMs }]) => dueMs <= clock.nowMs());
      due.sort(([, a], [, b]) => a.dueMs - b.dueMs || a.order - b.order);
      for (const [which] of due) {
        expected.push(which);
        list.delete(which);
      }
    }
    assert.ok(expected.length > 5000);
    assert.deepEqual(rung, expected);
    assert.equal(agenda.size, list.size);
  });
});
