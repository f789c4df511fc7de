import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Sampler } from '../../../src/agent/sampler.js';
import { TurnedAway } from '../../../src/agent/turned-away.js';
import { FakeClock } from '../../support/fake-clock.js';

describe('Sampler', () => {
  it('reads once a second, however many ask', async () => {
    const clock = new FakeClock();
    let reads = 0;
    const sampler = new Sampler(clock, () => Promise.resolve(++reads));
    assert.deepEqual(await Promise.all([sampler.sample(), sampler.sample()]), [1, 1]);
    clock.advance(999);
    assert.equal(await sampler.sample(), 1);
    clock.advance(1);
    assert.equal(await sampler.sample(), 2);
  });

  it('rests nineteen times as long as a long reading took', async () => {
    const clock = new FakeClock();
    let reads = 0;
    const sampler = new Sampler(clock, () => {
      clock.advance(500);
      return Promise.resolve(++reads);
    });
    await sampler.sample();
    clock.advance(9_499);
    assert.equal(await sampler.sample(), 1);
    clock.advance(1);
    assert.equal(await sampler.sample(), 2);
  });

  it('has one reading under way at a time, as long as it may take', async () => {
    const clock = new FakeClock();
    const ends: ((value: string) => void)[] = [];
    const sampler = new Sampler(clock, () => new Promise<string>((resolve) => ends.push(resolve)));
    const first = sampler.sample();
    clock.advance(60_000);
    const second = sampler.sample();
    ends[0]?.('read');
    assert.deepEqual(await Promise.all([first, second]), ['read', 'read']);
    assert.equal(ends.length, 1);
  });
});

describe('TurnedAway', () => {
  it('tells of the first at once and of those in the minute after it together', () => {
    const clock = new FakeClock();
    const told: string[] = [];
    const away = new TurnedAway(clock, 'not allowed', (line) => told.push(line));
    for (const address of ['a', 'b', 'c']) away.add(address);
    clock.advance(60_000);
    away.add('d');
    assert.equal(away.count, 4);
    assert.deepEqual(told, [
      'no answer for a: not allowed; 1 in all',
      'no answer for d: not allowed, after 2 others; 4 in all',
    ]);
  });
});
