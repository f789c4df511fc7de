/** One reading serves all who ask within a second, so that many directors cost no more than one. */
import type { Clock } from '../base/clock.js';

/** A reading is used for so long, ms. */
const LEAST_REST_MS = 1000;
/** And for so many times what it took: at most a twentieth of the time is spent on reading. */
const REST_PER_WORK = 19;

export class Sampler<Sample> {
  readonly #clock: Clock;
  readonly #read: () => Promise<Sample>;
  #current: Promise<Sample> | null = null;
  /** Until when `#current` is new enough; Infinity while it is being read. */
  #freshUntilMs = -Infinity;

  /** @param read must not reject */
  constructor(clock: Clock, read: () => Promise<Sample>) {
    this.#clock = clock;
    this.#read = read;
  }

  /** The last reading, or a new one. At most one is under way. */
  sample(): Promise<Sample> {
    if (this.#current === null || this.#clock.nowMs() >= this.#freshUntilMs) this.#current = this.#measure();
    return this.#current;
  }

  async #measure(): Promise<Sample> {
    const beganMs = this.#clock.nowMs();
    this.#freshUntilMs = Infinity;
    const sample = await this.#read();
    const endedMs = this.#clock.nowMs();
    this.#freshUntilMs = endedMs + Math.max(LEAST_REST_MS, (endedMs - beganMs) * REST_PER_WORK);
    return sample;
  }
}
