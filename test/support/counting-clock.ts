/** The real clock, with the timers that are set counted. */
import { realClock, type Clock, type Timer } from '../../src/base/clock.js';

export class CountingClock implements Clock {
  #pending = 0;

  /** Timers that are set and neither fired nor were cancelled. */
  get pending(): number {
    return this.#pending;
  }

  wallMs(): number {
    return realClock.wallMs();
  }

  nowMs(): number {
    return realClock.nowMs();
  }

  after(delayMs: number, callback: () => void, options?: { ref?: boolean }): Timer {
    let set = true;
    const over = (): void => {
      if (set) this.#pending -= 1;
      set = false;
    };
    this.#pending += 1;
    const timer = realClock.after(
      delayMs,
      () => {
        over();
        callback();
      },
      options,
    );
    return {
      cancel: () => {
        over();
        timer.cancel();
      },
    };
  }
}
