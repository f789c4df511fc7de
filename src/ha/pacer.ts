/**
 * Lengthy work in small parts: the process that advertises every 10 ms has nothing in its loop that lasts longer. It does
 * not know what the work is.
 */
import type { Clock, Timer } from '../base/clock.js';

/** Something that consists of many pieces. */
export interface PacedWork {
  /** Pieces that are left; at 0 it is forgotten. */
  readonly left: number;
  /** Before the work goes on in a later turn: who stood still meanwhile may have to withdraw it. */
  wake(): void;
  /** Does the next pieces. May submit and withdraw. @param count at least 1, at most those that are left */
  perform(count: number): void;
}

/** Frames to the neighbours are two a piece: a millisecond or two. */
export const PIECES_PER_TURN = 32;
export const PACE_MS = 2;

/** One a process. What was submitted first is done first. */
export class Pacer {
  readonly #clock: Clock;
  #queue: PacedWork[] = [];
  /** Of this turn, and when it was. */
  #spent = 0;
  #turnAtMs = -Infinity;
  #timer: Timer | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Begins at once, unless others wait; the rest follows. */
  submit(work: PacedWork): void {
    this.#queue.push(work);
    if (this.#timer === null) this.#turn(false);
  }

  /** Nothing more of it is done. One that is not there is none. */
  withdraw(work: PacedWork): void {
    this.#queue = this.#queue.filter((other) => other !== work);
    this.#rest();
  }

  #turn(later: boolean): void {
    const nowMs = this.#clock.nowMs();
    if (nowMs >= this.#turnAtMs + PACE_MS) {
      this.#spent = 0;
      this.#turnAtMs = nowMs;
    }
    // also while it works: what is submitted then waits its turn
    this.#timer = this.#clock.after(PACE_MS, () => this.#turn(true));
    for (let work = this.#next(); work !== null; work = this.#next()) {
      if (later) work.wake();
      if (!this.#queue.includes(work)) continue;
      const count = Math.min(PIECES_PER_TURN - this.#spent, work.left);
      this.#spent += count;
      work.perform(count);
    }
    this.#rest();
  }

  #rest(): void {
    if (this.#queue.length > 0) return;
    this.#timer?.cancel();
    this.#timer = null;
  }

  /** The first that has anything left, as long as this turn has room. */
  #next(): PacedWork | null {
    while (this.#queue[0]?.left === 0) this.#queue.shift();
    return this.#spent < PIECES_PER_TURN ? (this.#queue[0] ?? null) : null;
  }
}
