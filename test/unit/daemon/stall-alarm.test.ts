import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EventLog } from '../../../src/controller/event-log.js';
import { StallAlarm } from '../../../src/daemon/stall-alarm.js';
import { FakeClock } from '../../support/fake-clock.js';

describe('StallAlarm', () => {
  it('tells the first at once and those of the next minute together', () => {
    const clock = new FakeClock();
    const events = new EventLog(clock);
    const told: string[] = [];
    events.subscribe(({ type, message }) => told.push(`${type}: ${message}`));
    const alarm = new StallAlarm(clock, events);
    const stall = (durationMs: number) => alarm.stalled({ atMs: clock.wallMs(), durationMs });
    stall(5000);
    for (let each = 0; each < 3; each++) {
      clock.advance(10_000);
      stall(1500);
    }
    assert.equal(told.length, 1);
    clock.advance(60_000);
    stall(2000);
    const end = '; what servers failed meanwhile does not count';
    assert.deepEqual(told, [
      `director-stalled: the director stood still for 5.0s${end}`,
      `director-stalled: the director stood still for 2.0s, after 3 standstills of 4.5s in all${end}`,
    ]);
  });
});
