/**
 * Notices when the director itself stood still: blocked, stopped, or starved of its processor.
 *
 * A clock of its own stands still then, too, so that no server is blamed for time in which nobody read its answer.
 */
import type { Clock, Timer } from '../base/clock.js';

/** Looks so often, ms. */
const BEAT_MS = 100;
/** A beat that comes later than this tells of a standstill, ms; what is shorter is the usual unrest of a loop. */
const UNREST_MS = 50;
/** A standstill from here on is an alarm, ms. */
export const STALL_MS = 1000;

/** One standstill that was long enough for an alarm. */
export interface Stall {
  /** Wall clock of its end, ms since the epoch. */
  readonly atMs: number;
  readonly durationMs: number;
}

/** Runs from `start` to `stop`. */
export class StallWatch {
  readonly #clock: Clock;
  readonly #onStall: (stall: Stall) => void;
  #timer: Timer | null = null;
  /** Of the last beat, or of the end of the last standstill. */
  #beatMs = Infinity;
  #stoodMs = 0;

  /** @param onStall called when a standstill of a second or more has ended */
  constructor(clock: Clock, onStall: (stall: Stall) => void) {
    this.#clock = clock;
    this.#onStall = onStall;
  }

  /** Milliseconds in which the loop turned, from no particular beginning; differences are durations. */
  turnedMs(): number {
    return this.#clock.nowMs() - this.#stoodMs;
  }

  start(): void {
    if (this.#timer === null) this.#beat();
  }

  /** Idempotent. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#beatMs = Infinity;
  }

  /**
   * Notes a standstill that has just ended. Of several timers that fire after one, the watch's own may come last: who
   * judges by time looks first. When it began is known to a beat, so that all time since the last one counts.
   */
  look(): void {
    const nowMs = this.#clock.nowMs();
    const durationMs = nowMs - this.#beatMs;
    if (durationMs <= BEAT_MS + UNREST_MS) return;
    this.#beatMs = nowMs;
    this.#stoodMs += durationMs;
    if (durationMs >= STALL_MS) this.#onStall({ atMs: this.#clock.wallMs(), durationMs });
  }

  #beat(): void {
    this.#beatMs = this.#clock.nowMs();
    this.#timer = this.#clock.after(BEAT_MS, () => {
      this.look();
      this.#beat();
    });
  }
}
