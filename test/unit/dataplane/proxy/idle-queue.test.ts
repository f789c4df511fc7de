import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { IdleEntry, IdleQueue } from '../../../../src/dataplane/proxy/idle-queue.js';
import { FakeClock } from '../../../support/fake-clock.js';

describe('IdleQueue', () => {
  let clock: FakeClock;
  let expired: string[];

  class Entry extends IdleEntry {
    constructor(readonly name: string) {
      super();
    }
    override idleExpired(): void {
      expired.push(this.name);
    }
  }

  beforeEach(() => {
    clock = new FakeClock();
    expired = [];
  });

  it('expires entries in the order of their last touch, none early', () => {
    const queue = new IdleQueue(clock, 10_000);
    const [a, b, c] = [new Entry('a'), new Entry('b'), new Entry('c')];
    for (const entry of [a, b, c]) queue.touch(entry);
    clock.advance(5000);
    queue.touch(a);
    clock.advance(4999);
    assert.deepEqual(expired, []);
    clock.advance(1);
    assert.deepEqual(expired, ['b', 'c']);
    clock.advance(5999);
    assert.deepEqual(expired, ['b', 'c', 'a']);
    assert.equal(clock.pending, 0);
  });

  it('keeps one timer whatever the number of entries', () => {
    const queue = new IdleQueue(clock, 1000);
    for (let i = 0; i < 1000; i++) queue.touch(new Entry(`${i}`));
    assert.equal(clock.pending, 1);
  });

  it('never expires without a limit, and does once it gets one', () => {
    const queue = new IdleQueue(clock, null);
    queue.touch(new Entry('a'));
    assert.equal(clock.pending, 0);
    clock.advance(1e9);
    queue.setLimit(5000);
    clock.advance(1000);
    assert.deepEqual(expired, ['a']);
  });

  it('takes entries out, at the ends and in the middle', () => {
    const queue = new IdleQueue(clock, 1000);
    const entries = ['a', 'b', 'c', 'd'].map((name) => new Entry(name));
    for (const entry of entries) queue.touch(entry);
    for (const index of [1, 0, 3]) queue.remove(entries[index]!);
    queue.remove(entries[0]!);
    clock.advance(2000);
    assert.deepEqual(expired, ['c']);
    assert.equal(queue.expireOldest(), false);
  });

  it('ends the one that was idle for longest when asked to', () => {
    const queue = new IdleQueue(clock, 1000);
    const [a, b] = [new Entry('a'), new Entry('b')];
    for (const entry of [a, b, a]) queue.touch(entry);
    assert.equal(queue.expireOldest(), true);
    assert.deepEqual(expired, ['b']);
    clock.advance(2000);
    assert.deepEqual(expired, ['b', 'a']);
  });

  it('moves an entry from one queue to another', () => {
    const [first, second] = [new IdleQueue(clock, 1000), new IdleQueue(clock, 5000)];
    const entry = new Entry('a');
    first.touch(entry);
    second.touch(entry);
    assert.equal(first.expireOldest(), false);
    clock.advance(4999);
    assert.deepEqual(expired, []);
    clock.advance(1000);
    assert.deepEqual(expired, ['a']);
  });

  it('stops when it is closed', () => {
    const queue = new IdleQueue(clock, 1000);
    queue.touch(new Entry('a'));
    queue.close();
    assert.equal(clock.pending, 0);
  });
});
