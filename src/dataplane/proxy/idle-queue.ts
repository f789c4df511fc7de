/**
 * Ends what was idle for too long, with one timer for all of it: entries stand in the order of their last
 * activity, so the oldest is always first. Links are kept in the entries; a touch allocates nothing.
 */
import type { Clock, Timer } from '../../base/clock.js';

/** Something that may become idle; in at most one queue at a time. */
export abstract class IdleEntry {
  idleQueue: IdleQueue | null = null;
  older: IdleEntry | null = null;
  newer: IdleEntry | null = null;
  touchedMs = 0;

  /** How long until it expires if nothing happens; null = never. */
  expiresInMs(nowMs: number): number | null {
    const limitMs = this.idleQueue?.limitMs ?? null;
    return limitMs === null ? null : Math.max(0, this.touchedMs + limitMs - nowMs);
  }

  /** Called once it was idle for the queue's limit; it has left the queue. */
  abstract idleExpired(): void;
}

/** An entry expires at most this late, so that a busy queue wakes up seldom. */
const LONGEST_DELAY_MS = 1000;
const DELAY_SHARE = 1 / 16;

export class IdleQueue {
  readonly #clock: Clock;
  #limitMs: number | null;
  #oldest: IdleEntry | null = null;
  #newest: IdleEntry | null = null;
  #timer: Timer | null = null;

  /** @param limitMs idle time after which an entry expires; null = never */
  constructor(clock: Clock, limitMs: number | null) {
    this.#clock = clock;
    this.#limitMs = limitMs;
  }

  /** null = never. */
  get limitMs(): number | null {
    return this.#limitMs;
  }

  /** Ends the entry that was idle for longest, before its time. @returns false when the queue is empty */
  expireOldest(): boolean {
    const oldest = this.#oldest;
    if (oldest === null) return false;
    this.remove(oldest);
    oldest.idleExpired();
    return true;
  }

  /** Changes the limit, also for entries that are queued already. */
  setLimit(limitMs: number | null): void {
    this.#limitMs = limitMs;
    this.#cancelTimer();
    this.#arm();
  }

  /** Notes activity now: enters the queue, or moves to its end. */
  touch(entry: IdleEntry): void {
    entry.touchedMs = this.#clock.nowMs();
    if (entry === this.#newest) return;
    entry.idleQueue?.remove(entry);
    entry.idleQueue = this;
    entry.older = this.#newest;
    if (this.#newest === null) this.#oldest = entry;
    else this.#newest.newer = entry;
    this.#newest = entry;
    this.#arm();
  }

  /** Takes the entry out. Harmless when it is in no queue or in another one. */
  remove(entry: IdleEntry): void {
    if (entry.idleQueue !== this) return;
    if (entry.older === null) this.#oldest = entry.newer;
    else entry.older.newer = entry.newer;
    if (entry.newer === null) this.#newest = entry.older;
    else entry.newer.older = entry.older;
    entry.older = null;
    entry.newer = null;
    entry.idleQueue = null;
  }

  /** Stops the timer. Entries stay and never expire. */
  close(): void {
    this.setLimit(null);
  }

  // The timer is left running when the queue runs empty: setting one a connection would cost more.
  #arm(): void {
    // Set already when an expired entry made another one enter the queue.
    if (this.#timer !== null || this.#limitMs === null || this.#oldest === null) return;
    const dueMs = this.#oldest.touchedMs + this.#limitMs - this.#clock.nowMs();
    const earliestMs = Math.min(LONGEST_DELAY_MS, this.#limitMs * DELAY_SHARE);
    this.#timer = this.#clock.after(Math.max(dueMs, earliestMs), () => this.#expire());
  }

  #expire(): void {
    this.#timer = null;
    for (let entry = this.#oldest; entry !== null && this.#isDue(entry); entry = this.#oldest) {
      this.remove(entry);
      entry.idleExpired();
    }
    this.#arm();
  }

  #isDue(entry: IdleEntry): boolean {
    return this.#limitMs !== null && entry.touchedMs + this.#limitMs <= this.#clock.nowMs();
  }

  #cancelTimer(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }
}
