import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Agenda } from '../../../src/health/agenda.js';
import { ProbeGate } from '../../../src/health/probe-gate.js';
import { FakeClock } from '../../support/fake-clock.js';

function setup(maxProbes: number, maxRate: number) {
  const clock = new FakeClock(0);
  const gate = new ProbeGate(clock, new Agenda(clock), { maxProbes, maxRate });
  const started: string[] = [];
  const starts = new Map<string, () => void>();
  const ask = (name: string): void => {
    const start = (): void => void started.push(name);
    starts.set(name, start);
    gate.request(start);
  };
  const withdraw = (name: string): void => gate.withdraw(starts.get(name) ?? (() => undefined));
  return { clock, gate, started, ask, withdraw };
}

describe('ProbeGate', () => {
  it('lets as many run at once as allowed, the others in order of asking', () => {
    const { gate, started, ask } = setup(2, 1_000_000);
    for (const name of ['a', 'b', 'c', 'd']) ask(name);
    assert.deepEqual(started, ['a', 'b']);
    assert.deepEqual([gate.running, gate.waiting], [2, 2]);
    gate.release();
    assert.deepEqual(started, ['a', 'b', 'c']);
    gate.release();
    assert.deepEqual(started, ['a', 'b', 'c', 'd']);
    gate.release();
    gate.release();
    assert.deepEqual([gate.running, gate.waiting], [0, 0]);
  });

  it('forgets a request that was taken back, and keeps the number of places', () => {
    const { clock, gate, started, ask, withdraw } = setup(1, 1_000_000);
    ask('a');
    ask('b');
    withdraw('b');
    withdraw('a');
    ask('c');
    gate.release();
    assert.deepEqual(started, ['a', 'c']);
    assert.deepEqual([gate.running, clock.pending], [1, 0]);
  });

  it('lets no more begin in a second than allowed, after a burst of a tenth of a second', () => {
    const { clock, started, ask, gate } = setup(1_000_000, 100);
    for (let index = 0; index < 500; index++) ask(`${index}`);
    assert.equal(started.length, 10);
    for (let second = 1; second <= 4; second++) {
      clock.advance(1000);
      assert.equal(started.length, 10 + 100 * second);
    }
    clock.advance(1000);
    assert.deepEqual([started.length, gate.waiting, clock.pending], [500, 0, 0]);
    assert.deepEqual(
      started,
      [...started].sort((a, b) => Number(a) - Number(b)),
    );
  });

  it('lets one at a time begin at the slowest rates', () => {
    const { clock, started, ask } = setup(10, 1);
    for (const name of ['a', 'b', 'c']) ask(name);
    assert.deepEqual(started, ['a']);
    clock.advance(999);
    assert.deepEqual(started, ['a']);
    clock.advance(1);
    assert.deepEqual(started, ['a', 'b']);
  });

  it('does not save up what was not used', () => {
    const { clock, started, ask } = setup(1_000_000, 100);
    clock.advance(60_000);
    for (let index = 0; index < 100; index++) ask(`${index}`);
    assert.equal(started.length, 10);
  });

  it('goes by new limits at once', () => {
    const { gate, started, ask } = setup(1, 1_000_000);
    for (const name of ['a', 'b', 'c']) ask(name);
    gate.setLimits({ maxProbes: 3, maxRate: 1_000_000 });
    assert.deepEqual(started, ['a', 'b', 'c']);
  });
});
