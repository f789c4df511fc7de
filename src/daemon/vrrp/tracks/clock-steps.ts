/** Sees that somebody has set the clock of the host: it has moved against the one that does not jump. Pure. */
import { CLOCK_STEP_HOLD_MS } from '../../../model/track.js';
import type { Sight } from './track-book.js';

interface Step {
  readonly byMs: number;
  readonly atMs: number;
}

/** Of a clock that is drawn slowly, at most 0.5 ms a second, no look shows a step. */
export class ClockSteps {
  #aheadMs: number | null = null;
  /** Those that still count for somebody, oldest first. */
  #steps: readonly Step[] = [];

  /** To be called every second. @param nowMs of the clock that does not jump @param wallMs read together with it */
  look(nowMs: number, wallMs: number): void {
    const aheadMs = wallMs - nowMs;
    const byMs = aheadMs - (this.#aheadMs ?? aheadMs);
    this.#aheadMs = aheadMs;
    const steps = this.#steps.filter(({ atMs }) => nowMs - atMs < CLOCK_STEP_HOLD_MS);
    this.#steps = Math.abs(byMs) < LEAST_MS ? steps : [...steps, { byMs, atMs: nowMs }].slice(-MOST_STEPS);
  }

  /** Whether one of them was longer than this. */
  judge(aboveMs: number): Sight {
    const step = this.#steps.findLast(({ byMs }) => Math.abs(byMs) > aboveMs);
    if (step === undefined) return { state: 'good', reason: 'no step' };
    const direction = step.byMs > 0 ? 'ahead' : 'back';
    return {
      state: 'bad',
      reason: `the clock was set ${direction} by ${(Math.abs(step.byMs) / 1000).toFixed(2)} s`,
    };
  }
}

/** The two clocks are not read in one moment. */
const LEAST_MS = 5;
const MOST_STEPS = 60;
