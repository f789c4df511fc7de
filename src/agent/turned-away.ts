/** Counts who got no answer and tells of it: the first at once, those of the minute after it together. */
import type { Clock } from '../base/clock.js';
import { plural } from '../base/plural.js';

/** No line comes sooner than this after another one, ms. */
const QUIET_MS = 60_000;

export class TurnedAway {
  readonly #clock: Clock;
  readonly #why: string;
  readonly #tell: (line: string) => void;
  #toldAtMs = -Infinity;
  #untold = 0;
  #count = 0;

  /** @param why in a few words, behind "no answer for 10.0.0.1: " */
  constructor(clock: Clock, why: string, tell: (line: string) => void) {
    this.#clock = clock;
    this.#why = why;
    this.#tell = tell;
  }

  /** Since the start. */
  get count(): number {
    return this.#count;
  }

  add(address: string): void {
    this.#count++;
    const nowMs = this.#clock.nowMs();
    if (nowMs - this.#toldAtMs < QUIET_MS) {
      this.#untold++;
      return;
    }
    const others = this.#untold === 0 ? '' : `, after ${plural(this.#untold, 'other')}`;
    this.#toldAtMs = nowMs;
    this.#untold = 0;
    this.#tell(`no answer for ${address}: ${this.#why}${others}; ${this.#count} in all`);
  }
}
