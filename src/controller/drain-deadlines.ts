/**
 * How long drains have left. Deadlines are kept by the wall clock, for they outlive the process; while it lives they
 * are counted by the monotonic clock, so that a clock which is set cuts nobody off and holds nobody back.
 */
import type { Clock } from '../base/clock.js';
import type { DrainTime } from '../model/drain.js';

/** A difference below it is how a clock is kept right, not how it is set, ms. */
const JUMP_MS = 1500;

interface Counted extends DrainTime {
  /** Monotonic; infinite without a deadline. */
  readonly dueMs: number;
}

/** One entry a drain that is under way, by any name that is the drain's own. */
export class DrainDeadlines {
  readonly #clock: Clock;
  readonly #counted = new Map<string, Counted>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * When the drain's time is over, monotonic ms; infinite without a deadline.
   *
   * A drain that is new here, or was given another deadline, is judged by the wall clock once. It never has longer
   * than it was given: a clock that went back while lvsd was stopped must not make it wait for ever.
   */
  dueMs(name: string, { sinceMs, deadlineMs }: DrainTime): number {
    const known = this.#counted.get(name);
    if (known?.sinceMs === sinceMs && known.deadlineMs === deadlineMs) return known.dueMs;
    const dueMs = this.#clock.nowMs() + leftMs({ sinceMs, deadlineMs }, this.#clock.wallMs());
    this.#counted.set(name, { sinceMs, deadlineMs, dueMs });
    return dueMs;
  }

  /**
   * The drain's times by the wall clock as it goes now, where that was set meanwhile; null where they are right.
   * From then on those are the drain's times.
   */
  moved(name: string, time: DrainTime): DrainTime | null {
    if (time.deadlineMs === null) return null;
    const left = this.dueMs(name, time) - this.#clock.nowMs();
    const byMs = Math.round(this.#clock.wallMs() + left - time.deadlineMs);
    // One that is over needs no other time, and at its first look the wall clock is all there is to go by.
    if (left <= 0 || Math.abs(byMs) < JUMP_MS) return null;
    const moved = { sinceMs: time.sinceMs + byMs, deadlineMs: time.deadlineMs + byMs };
    this.#counted.set(name, { ...moved, dueMs: this.dueMs(name, time) });
    return moved;
  }

  /** Forgets all but these. */
  keep(names: ReadonlySet<string>): void {
    for (const name of this.#counted.keys()) if (!names.has(name)) this.#counted.delete(name);
  }
}

function leftMs({ sinceMs, deadlineMs }: DrainTime, wallMs: number): number {
  if (deadlineMs === null) return Number.POSITIVE_INFINITY;
  return Math.min(Math.max(0, deadlineMs - wallMs), Math.max(0, deadlineMs - sinceMs));
}
