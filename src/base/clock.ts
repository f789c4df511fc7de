/**
 * Time and randomness as services, so that everything that waits, times or spreads can be driven by a test.
 * The only file under src/ that may touch the real clock, timers or Math.random.
 */
import {
  clearImmediate as realClearImmediate,
  clearTimeout as realClearTimeout,
  setImmediate as realSetImmediate,
  setTimeout as realSetTimeout,
} from 'node:timers';

/** A timer that was set; opaque to its owner. */
export interface Timer {
  /** Stops the timer. Harmless when it has fired or was cancelled. */
  cancel(): void;
}

/** The time as a program sees it. */
export interface Clock {
  /** Wall clock, milliseconds since the epoch; for people and files only, it may jump. */
  wallMs(): number;
  /** Monotonic milliseconds with fractions; differences are durations. */
  nowMs(): number;
  /**
   * Calls back once after `delayMs` or later. Delays above 2^31-1 ms are waited in parts
   * (Node would fire them at once); 0 is the loop's next turn. A timer does not keep the process alive unless `ref` is true.
   */
  after(delayMs: number, callback: () => void, options?: { ref?: boolean }): Timer;
}

/** A number in [0, 1), like Math.random. */
export type Random = () => number;

const LONGEST_TIMER_MS = 2 ** 31 - 1;

class RealTimer implements Timer {
  #handle: NodeJS.Timeout | undefined;

  constructor(delayMs: number, callback: () => void, ref: boolean) {
    this.#arm(Math.max(0, delayMs), callback, ref);
  }

  #arm(remainingMs: number, callback: () => void, ref: boolean): void {
    const partMs = Math.min(remainingMs, LONGEST_TIMER_MS);
    this.#handle = realSetTimeout(() => {
      if (remainingMs > partMs) this.#arm(remainingMs - partMs, callback, ref);
      else callback();
    }, partMs);
    if (!ref) this.#handle.unref();
  }

  cancel(): void {
    realClearTimeout(this.#handle);
  }
}

/** One turn of the loop: a timer of 0 ms takes a whole millisecond, which long work in turns would pay each time. */
class NextTurn implements Timer {
  readonly #handle: NodeJS.Immediate;

  constructor(callback: () => void, ref: boolean) {
    this.#handle = realSetImmediate(callback);
    if (!ref) this.#handle.unref();
  }

  cancel(): void {
    realClearImmediate(this.#handle);
  }
}

/** The machine's clock. */
export const realClock: Clock = {
  wallMs: () => Date.now(),
  nowMs: () => performance.now(),
  after: (delayMs, callback, options) => {
    const ref = options?.ref ?? false;
    return delayMs <= 0 ? new NextTurn(callback, ref) : new RealTimer(delayMs, callback, ref);
  },
};

/** The platform's generator; good enough for jitter, never for secrets. */
export const realRandom: Random = () => Math.random();
