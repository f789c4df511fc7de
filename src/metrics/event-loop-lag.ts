/**
 * How late timers fire. A histogram and not a gauge of percentiles, so that two scrapers do not take each other's
 * peaks away and that lags of several directors can be added up.
 */
import { Histogram, type Registry } from 'prom-client';
import type { Clock, Timer } from '../base/clock.js';

const SAMPLE_MS = 100;

/** Samples ten times a second between `start` and `close`. */
export class EventLoopLag {
  readonly #clock: Clock;
  readonly #histogram: Histogram;
  #timer: Timer | null = null;

  constructor(clock: Clock, registry: Registry) {
    this.#clock = clock;
    this.#histogram = new Histogram({
      name: 'lvsd_event_loop_lag_seconds',
      help: 'How much later than asked a timer fires, sampled ten times a second.',
      buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
      registers: [registry],
    });
  }

  start(): void {
    this.close();
    this.#sample();
  }

  /** Idempotent. */
  close(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #sample(): void {
    const dueMs = this.#clock.nowMs() + SAMPLE_MS;
    this.#timer = this.#clock.after(SAMPLE_MS, () => {
      this.#histogram.observe(Math.max(0, this.#clock.nowMs() - dueMs) / 1000);
      this.#sample();
    });
  }
}
