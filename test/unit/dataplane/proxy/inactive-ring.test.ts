import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InactiveRing } from '../../../../src/dataplane/proxy/inactive-ring.js';
import { seededRandom } from '../../../support/random.js';

describe('InactiveRing', () => {
  it('rounds an end up to the full second', () => {
    const ring = new InactiveRing();
    ring.add(10_001, 500);
    assert.equal(ring.expire(10_999), 0);
    assert.equal(ring.expire(11_000), 1);
    assert.equal(ring.pending, 0);
  });

  it('sums connections that end in the same second', () => {
    const ring = new InactiveRing();
    for (let i = 0; i < 5; i++) ring.add(3000 - i, 0);
    assert.equal(ring.expire(3000), 5);
  });

  it('expires everything after a long silence and starts anew', () => {
    const ring = new InactiveRing();
    ring.add(120_000, 0);
    assert.equal(ring.expire(10_000_000_000), 1);
    ring.add(10_000_010_000, 10_000_000_000);
    assert.equal(ring.expire(10_000_009_000), 0);
    assert.equal(ring.expire(10_000_010_000), 1);
  });

  it('equals a list of ends over random histories, longer lifetimes included', () => {
    for (let seed = 0; seed < 50; seed++) {
      const random = seededRandom(seed);
      const ring = new InactiveRing();
      let ends: number[] = [];
      let nowMs = random.int(0, 5000);
      for (let step = 0; step < 200; step++) {
        nowMs += random.int(0, 4000);
        const due = ends.filter((end) => Math.ceil(end / 1000) * 1000 <= nowMs).length;
        assert.equal(ring.expire(nowMs), due, `seed ${seed} step ${step}`);
        ends = ends.filter((end) => Math.ceil(end / 1000) * 1000 > nowMs);
        const end = nowMs + random.pick([10_000, 120_000, random.int(1, 600_000)]);
        ring.add(end, nowMs);
        ends.push(end);
        assert.equal(ring.pending, ends.length);
      }
    }
  });
});
