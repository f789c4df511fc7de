/**
 * Tells the service manager that the director works, and only while it does: a timer that fires proves no more than
 * that timers fire.
 */
import type { Clock, Timer } from '../base/clock.js';

export interface WatchdogOptions {
  readonly clock: Clock;
  /** The manager's limit, `WATCHDOG_USEC`: it acts when it hears nothing for so long. */
  readonly limitMs: number;
  /** `director.resync` as it is now. */
  readonly resyncMs: () => number;
  readonly feed: () => void;
  /** Hears once of a silence, and why, before the manager acts; and once when feeding goes on. */
  readonly log: { readonly error: (message: string) => void; readonly info: (message: string) => void };
}

/** Looks in each limit: enough that one late look and one lost message leave time for another. */
const LOOKS_PER_LIMIT = 8;
/** sd_watchdog_enabled(3) advises half of the limit. */
const FEEDS_PER_LIMIT = 2;
/** A feed that is one look late is not worth a line; silence for so much of the limit is, and there is time left to say so. */
const SILENCE_TO_TELL = 0.75;
/** Later than this a look is no sign of a loop that works; a loop that pauses once is fed at the next look. */
const LATEST_MS = 2000;
const RESYNCS = 3;

/**
 * Feeds every half limit while the event loop is timely and the last round of the reconciler is younger than three times
 * `resync`. Durations are of the monotonic clock: a wall clock that is set makes nothing old, and after a sleep
 * of the machine nothing is either. A machine that was paused for longer than that is fed once the resync that is due has run.
 */
export class Watchdog {
  readonly #options: WatchdogOptions;
  #timer: Timer | null = null;
  #lastRoundMs = 0;
  #lastFedMs = -Infinity;
  #told: string | null = null;

  constructor(options: WatchdogOptions) {
    this.#options = options;
  }

  /** Feeds at once, and goes on. The round that was just finished counts from now. */
  start(): void {
    this.close();
    this.#lastRoundMs = this.#options.clock.nowMs();
    this.#lastFedMs = -Infinity;
    this.#look(0);
  }

  /** The reconciler has looked at everything it was asked for, whether or not it found something to do. */
  roundFinished(): void {
    this.#lastRoundMs = this.#options.clock.nowMs();
  }

  /** Feeds no more. Idempotent. */
  close(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #look(lateMs: number): void {
    const { clock, limitMs } = this.#options;
    const periodMs = limitMs / LOOKS_PER_LIMIT;
    this.#judge(lateMs, periodMs);
    const dueMs = clock.nowMs() + periodMs;
    this.#timer = clock.after(periodMs, () => this.#look(clock.nowMs() - dueMs));
  }

  #judge(lateMs: number, periodMs: number): void {
    const { clock, limitMs, feed, log } = this.#options;
    const silenceMs = clock.nowMs() - this.#lastFedMs;
    const fault = this.#lateness(lateMs, periodMs) ?? this.#staleness();
    if (fault !== null) {
      if (silenceMs >= limitMs * SILENCE_TO_TELL) this.#tell(fault);
      return;
    }
    // half a period of tolerance, or the jitter of timers would make every second feed one look late
    if (silenceMs < limitMs / FEEDS_PER_LIMIT - periodMs / 2) return;
    this.#lastFedMs = clock.nowMs();
    feed();
    if (this.#told !== null) log.info(`watchdog fed again; it was not because ${this.#told}`);
    this.#told = null;
  }

  #lateness(lateMs: number, periodMs: number): string | null {
    const latestMs = Math.min(periodMs, LATEST_MS);
    if (lateMs <= latestMs) return null;
    return `the event loop is ${Math.round(lateMs)} ms late, ${Math.round(latestMs)} ms are allowed`;
  }

  #staleness(): string | null {
    const ageMs = this.#options.clock.nowMs() - this.#lastRoundMs;
    const oldestMs = RESYNCS * this.#options.resyncMs();
    if (ageMs < oldestMs) return null;
    return `the last reconcile ended ${seconds(ageMs)} s ago, ${seconds(oldestMs)} s (3 x resync) are allowed`;
  }

  /** Once a silence: the numbers in a reason change with each look. */
  #tell(fault: string): void {
    if (this.#told !== null) return;
    this.#told = fault;
    const { log, limitMs } = this.#options;
    log.error(
      `watchdog not fed: ${fault}; the service manager ends lvsd ${seconds(limitMs)} s after the last feed`,
    );
  }
}

function seconds(milliseconds: number): number {
  return Math.round(milliseconds / 100) / 10;
}
