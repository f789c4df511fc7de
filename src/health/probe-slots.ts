/** Bounds how many probes run at once, so that ten thousand servers do not mean ten thousand sockets. */
import type { Timer } from '../base/clock.js';

/** First come, first served. */
export class ProbeSlots {
  #free: number;
  /** Insertion order is the queue's order. */
  readonly #waiting = new Set<() => void>();

  /** @param limit probes at once, at least 1 */
  constructor(limit: number) {
    this.#free = limit;
  }

  /**
   * Calls `start` as soon as a slot is free, perhaps at once; its owner then calls `release` exactly once.
   *
   * @returns takes the request back; harmless once `start` was called
   */
  request(start: () => void): Timer {
    // A wrapper, so that the same function may wait twice.
    const begin = (): void => start();
    if (this.#free > 0) {
      this.#free--;
      begin();
    } else {
      this.#waiting.add(begin);
    }
    return { cancel: () => void this.#waiting.delete(begin) };
  }

  /** Gives a slot back: to the one who waits longest, if any. */
  release(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#free++;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}
