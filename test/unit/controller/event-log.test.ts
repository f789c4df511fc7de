import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EventLog } from '../../../src/controller/event-log.js';
import type { DirectorEvent } from '../../../src/model/event.js';
import { FakeClock } from '../../support/fake-clock.js';

function logOf(count: number, capacity?: number): EventLog {
  const log = new EventLog(new FakeClock(), capacity === undefined ? {} : { capacity });
  for (let index = 1; index <= count; index++) log.append({ type: 'server-up', message: `m${index}` });
  return log;
}

function numbers({ events }: { readonly events: readonly DirectorEvent[] }): number[] {
  return events.map(({ seq }) => seq);
}

describe('EventLog', () => {
  it('numbers events from 1 and fills what is not said with null', () => {
    const clock = new FakeClock(5000);
    const log = new EventLog(clock);
    clock.advance(10);
    assert.equal(log.append({ type: 'director-started', message: 'hello' }), 1);
    assert.deepEqual(log.since(0).events, [
      {
        seq: 1,
        timeMs: 5010,
        type: 'director-started',
        service: null,
        server: null,
        message: 'hello',
        cause: null,
      },
    ]);
  });

  it('gives events of one moment one time, and numbers them in order', () => {
    const clock = new FakeClock(5000);
    const log = new EventLog(clock);
    const told: number[] = [];
    log.subscribe((event) => {
      told.push(event.seq);
      clock.advance(10);
    });
    log.appendAll([
      { type: 'server-added', message: 'a' },
      { type: 'server-added', message: 'b', cause: 1 },
    ]);
    assert.deepEqual(
      log.since(0).events.map(({ timeMs, message, cause }) => [timeMs, message, cause]),
      [
        [5000, 'a', null],
        [5000, 'b', 1],
      ],
    );
    assert.deepEqual(told, [1, 2]);
    log.appendAll([]);
    assert.equal(log.lastSeq, 2);
  });

  it('keeps the cause', () => {
    const log = logOf(1);
    log.append({ type: 'server-removed', service: 'shop', server: 'a', message: 'removed', cause: 1 });
    assert.equal(log.since(1).events[0]?.cause, 1);
  });

  const pages = [
    { name: 'reads all', since: 0, want: [1, 2, 3], missed: 0 },
    { name: 'reads what is newer', since: 2, want: [3], missed: 0 },
    { name: 'has nothing newer than the newest', since: 3, want: [], missed: 0 },
    { name: 'has nothing newer than a number not given yet', since: 99, want: [], missed: 0 },
    { name: 'takes a negative number for the beginning', since: -5, want: [1, 2, 3], missed: 0 },
  ];
  for (const { name, since, want, missed } of pages) {
    it(name, () => {
      const page = logOf(3).since(since);
      assert.deepEqual([numbers(page), page.missed], [want, missed]);
    });
  }

  it('counts what it no longer keeps', () => {
    const log = logOf(10, 4);
    assert.deepEqual([numbers(log.since(0)), log.since(0).missed], [[7, 8, 9, 10], 6]);
    assert.deepEqual([numbers(log.since(5)), log.since(5).missed], [[7, 8, 9, 10], 1]);
    assert.deepEqual([numbers(log.since(6)), log.since(6).missed], [[7, 8, 9, 10], 0]);
  });

  it('pages with a limit', () => {
    const log = logOf(10, 4);
    assert.deepEqual(numbers(log.since(0, 3)), [7, 8, 9]);
    assert.deepEqual(numbers(log.since(9, 3)), [10]);
    assert.deepEqual(numbers(log.since(0, 0)), []);
  });

  it('keeps 1000 events unless told otherwise', () => {
    assert.equal(logOf(1001).since(0).missed, 1);
  });

  it('tells listeners until they end it', () => {
    const log = logOf(1);
    const heard: number[] = [];
    const end = log.subscribe(({ seq }) => heard.push(seq));
    log.append({ type: 'server-up', message: '' });
    end();
    end();
    log.append({ type: 'server-up', message: '' });
    assert.deepEqual(heard, [2]);
    assert.equal(log.lastSeq, 3);
  });
});
