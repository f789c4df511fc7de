import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EventLog } from '../../../src/controller/event-log.js';
import { StateTroubles } from '../../../src/daemon/state-troubles.js';
import { FakeClock } from '../../support/fake-clock.js';

const operator = '/var/lib/lvsd/operator.json';
const full = `write ${operator}: ENOSPC`;

function rig() {
  const clock = new FakeClock();
  const events = new EventLog(clock);
  const troubles = new StateTroubles(clock, events);
  const told = (): unknown[] =>
    events.since(0).events.map(({ type, message, cause }) => [type, message, cause]);
  return { clock, troubles, told };
}

describe('StateTroubles', () => {
  it('tells what is lost when a file cannot be written, once, and when it can again', () => {
    const { clock, troubles, told } = rig();
    troubles.report(operator, null);
    assert.deepEqual(told(), [], 'no trouble is no news');
    const sinceMs = clock.wallMs();
    troubles.report(operator, full);
    clock.advance(5000);
    troubles.report(operator, full);
    assert.deepEqual(troubles.unwritten, [{ file: operator, reason: full, sinceMs }]);
    troubles.report(operator, null);
    assert.deepEqual(troubles.unwritten, []);
    assert.deepEqual(told(), [
      ['state-unwritten', `${full}; after a restart what operators have set is forgotten`, null],
      ['state-written', `${operator} is written again`, 1],
    ]);
  });

  it('tells a new reason, and since when it has not been written at all', () => {
    const { clock, troubles, told } = rig();
    const sinceMs = clock.wallMs();
    troubles.report(operator, full);
    clock.advance(1000);
    troubles.report(operator, `write ${operator}: EROFS`);
    assert.deepEqual(troubles.unwritten, [{ file: operator, reason: `write ${operator}: EROFS`, sinceMs }]);
    assert.equal(told().length, 2);
  });

  it('keeps files apart', () => {
    const { troubles } = rig();
    troubles.report(operator, full);
    troubles.report('/var/lib/lvsd/history', 'write /var/lib/lvsd/history: ENOSPC; not in the history');
    troubles.report(operator, null);
    assert.deepEqual(
      troubles.unwritten.map(({ file }) => file),
      ['/var/lib/lvsd/history'],
    );
  });
});
