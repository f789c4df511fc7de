import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ProbeRota } from '../../../src/controller/probe-rota.js';
import { seededRandom } from '../../support/random.js';

describe('ProbeRota', () => {
  it('gives places in order, as many as there are', () => {
    const rota = new ProbeRota();
    rota.follow(['a', 'b', 'c'], 2);
    assert.deepEqual(rota.placed, ['a', 'b']);
  });

  it('gives a newcomer the place of the one whose probe is the longest ago', () => {
    const rota = new ProbeRota();
    rota.follow(['a', 'b', 'c'], 2);
    for (const name of ['a', 'b', 'a']) {
      assert.deepEqual(rota.take(name), { kind: 'placed', changed: false });
      rota.release(name);
    }
    assert.deepEqual(rota.take('c'), { kind: 'placed', changed: true });
    assert.deepEqual(rota.placed, ['a', 'c']);
  });

  it('takes no place away from a probe that is under way', () => {
    const rota = new ProbeRota();
    rota.follow(['a', 'b', 'c'], 2);
    rota.take('a');
    rota.take('b');
    rota.take('b');
    rota.release('b');
    assert.deepEqual(rota.take('c'), { kind: 'full' });
    rota.release('b');
    assert.deepEqual(rota.take('c'), { kind: 'placed', changed: true });
    assert.deepEqual(rota.placed, ['a', 'c']);
  });

  it('knows nobody who is not wanted', () => {
    const rota = new ProbeRota();
    rota.follow(['a'], 2);
    assert.deepEqual(rota.take('b'), { kind: 'unknown' });
    rota.follow([], 2);
    assert.deepEqual(rota.take('a'), { kind: 'unknown' });
    assert.equal(rota.release('a'), false);
  });

  it('keeps places over a new configuration, and fills those that came free', () => {
    const rota = new ProbeRota();
    rota.follow(['a', 'b', 'c'], 2);
    rota.take('c');
    rota.release('c');
    rota.follow(['d', 'b', 'c'], 2);
    assert.deepEqual(rota.placed, ['b', 'c']);
    rota.follow(['d', 'c'], 2);
    assert.deepEqual(rota.placed, ['c', 'd']);
  });

  it('gives up places when there are fewer, those in use when their probes have ended', () => {
    const rota = new ProbeRota();
    rota.follow(['a', 'b', 'c'], 3);
    rota.take('a');
    rota.take('b');
    rota.follow(['a', 'b', 'c'], 1);
    assert.deepEqual(rota.placed, ['a', 'b']);
    assert.equal(rota.release('a'), true);
    assert.deepEqual(rota.placed, ['b']);
    assert.equal(rota.release('b'), false);
  });

  it('lets everybody have turns, and is never over its limit, whoever asks when', () => {
    const seeded = seededRandom(5);
    const random = (): number => seeded.next();
    const names = Array.from({ length: 40 }, (_, index) => `s${index}`);
    const rota = new ProbeRota();
    rota.follow(names, 7);
    const running: string[] = [];
    const turns = new Map<string, number>();
    for (let step = 0; step < 5000; step++) {
      if (running.length > 0 && random() < 0.5)
        rota.release(running.splice(Math.floor(random() * running.length), 1)[0]!);
      const name = names[Math.floor(random() * names.length)]!;
      if (rota.take(name).kind === 'placed') {
        running.push(name);
        turns.set(name, (turns.get(name) ?? 0) + 1);
      } else assert.ok(new Set(running).size === 7, 'refused only where every place is in use');
      assert.ok(rota.placed.length <= 7);
      for (const each of running) assert.ok(rota.placed.includes(each), 'in the table while probed');
    }
    assert.equal(turns.size, names.length);
  });
});
