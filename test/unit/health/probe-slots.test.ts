import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ProbeSlots } from '../../../src/health/probe-slots.js';

describe('ProbeSlots', () => {
  it('starts at once while slots are free and in order of asking afterwards', () => {
    const slots = new ProbeSlots(2);
    const started: string[] = [];
    for (const name of ['a', 'b', 'c', 'd']) slots.request(() => started.push(name));
    assert.deepEqual(started, ['a', 'b']);
    slots.release();
    assert.deepEqual(started, ['a', 'b', 'c']);
    slots.release();
    assert.deepEqual(started, ['a', 'b', 'c', 'd']);
  });

  it('forgets a request that was taken back', () => {
    const slots = new ProbeSlots(1);
    const started: string[] = [];
    slots.request(() => started.push('a'));
    const taken = slots.request(() => started.push('b'));
    slots.request(() => started.push('c'));
    taken.cancel();
    slots.release();
    assert.deepEqual(started, ['a', 'c']);
  });

  it('keeps the number of slots when a started request is taken back', () => {
    const slots = new ProbeSlots(1);
    const started: string[] = [];
    slots.request(() => started.push('a')).cancel();
    slots.request(() => started.push('b'));
    assert.deepEqual(started, ['a']);
    slots.release();
    slots.release();
    slots.request(() => started.push('c'));
    assert.deepEqual(started, ['a', 'b', 'c']);
  });
});
