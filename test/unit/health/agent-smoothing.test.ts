/** Properties of the smoothing, over random limits and histories. The seed is printed when one fails. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { smoothShare } from '../../../src/health/agent-smoothing.js';
import { seededRandom } from '../../support/random.js';

const SEED = Number(process.env['LVSD_TEST_SEED'] ?? 20260101);
const EPSILON = 1e-9;

interface Limits {
  readonly min: number;
  readonly max: number;
  readonly smoothing: number;
  readonly step: number;
}

function randomLimits(random: () => number): Limits {
  const min = random() < 0.2 ? 0 : random() * 0.9;
  return { min, max: min + 0.01 + random() * 2, smoothing: random() * 0.95, step: 0.01 + random() };
}

function forEachHistory(check: (limits: Limits, random: () => number, say: string) => void): void {
  for (let round = 0; round < 300; round++) {
    const seeded = seededRandom(SEED + round);
    const random = (): number => seeded.next();
    const limits = randomLimits(random);
    check(limits, random, `LVSD_TEST_SEED=${SEED}, round ${round}, ${JSON.stringify(limits)}`);
  }
}

describe('smoothShare', () => {
  it('takes the first answer whole, within the bounds', () => {
    const limits = { min: 0.1, max: 1, smoothing: 0.5, step: 0.25 };
    assert.equal(smoothShare(null, 0.4, limits), 0.4);
    assert.equal(smoothShare(null, 0, limits), 0.1);
    assert.equal(smoothShare(null, 3, limits), 1);
  });

  it('goes half of the way with a smoothing of half, and no further than a step', () => {
    const limits = { min: 0.1, max: 1, smoothing: 0.5, step: 0.25 };
    assert.equal(smoothShare(0.8, 0.6, limits), 0.7);
    assert.equal(smoothShare(1, 0.1, limits), 0.75);
  });

  it('never leaves the bounds, whatever is answered, nor goes further than a step inside them', () => {
    forEachHistory((limits, random, say) => {
      let share = smoothShare(null, random() * 4, limits);
      for (let answer = 0; answer < 50; answer++) {
        const next = smoothShare(share, random() * 4, limits);
        assert.ok(next >= limits.min - EPSILON && next <= limits.max + EPSILON, `${next}: ${say}`);
        assert.ok(Math.abs(next - share) <= limits.step + EPSILON, `${share} -> ${next}: ${say}`);
        share = next;
      }
    });
  });

  it('goes towards a constant answer without passing it, and gets there', () => {
    forEachHistory((limits, random, say) => {
      const answer = random() * 4;
      const target = Math.min(limits.max, Math.max(limits.min, answer));
      let share = limits.min + random() * (limits.max - limits.min);
      let steps = 0;
      while (share !== target) {
        const next = smoothShare(share, answer, limits);
        assert.ok(Math.abs(target - next) < Math.abs(target - share), `${share} -> ${next}: ${say}`);
        assert.ok(Math.sign(target - next) !== -Math.sign(target - share), `passes ${target}: ${say}`);
        share = next;
        assert.ok(++steps < 1000, `does not get there: ${say}`);
      }
    });
  });

  it('lets a load that follows the weight come to rest, which without it swings for ever', () => {
    // Whatever weight it has, the server is busy in proportion and asks for the rest.
    const swing = (limits: Limits): number => {
      const shares = [1];
      for (let step = 0; step < 200; step++) {
        const share = shares.at(-1) ?? 1;
        shares.push(smoothShare(share, 1.1 - share, limits));
      }
      const late = shares.slice(150);
      return Math.max(...late) - Math.min(...late);
    };
    const bounds = { min: 0.1, max: 1 };
    assert.ok(swing({ ...bounds, smoothing: 0, step: 10 }) > 0.8);
    assert.ok(swing({ ...bounds, smoothing: 0.5, step: 0.25 }) < 0.01);
  });
});
