/** Whether somebody is heard who ought to be heard: tells when that begins and when it ends, each once. */
import type { Clock } from '../base/clock.js';
import type { LineState } from '../model/vrrp-role.js';

/** A line that changed. */
export interface LineNews {
  readonly from: LineState;
  readonly to: LineState;
  /** Why, for people. */
  readonly reason: string;
}

/** Of one line. It sets no timer: its owner asks it. */
export class LineWatch {
  readonly #clock: Clock;
  readonly #onNews: (news: LineNews) => void;
  #state: LineState = 'unknown';
  #reason = 'nothing was heard there yet';
  #sinceMs: number;
  /** From then on silence is one. */
  #dueAtMs = Infinity;

  constructor(clock: Clock, onNews: (news: LineNews) => void) {
    this.#clock = clock;
    this.#onNews = onNews;
    this.#sinceMs = clock.wallMs();
  }

  get state(): LineState {
    return this.#state;
  }

  /** For people. */
  get reason(): string {
    return this.#reason;
  }

  /** Wall clock. */
  get sinceMs(): number {
    return this.#sinceMs;
  }

  /** Monotonic; Infinity = nothing is expected. */
  get dueAtMs(): number {
    return this.#dueAtMs;
  }

  /** Something came. @param dueAtMs when the next is overdue; Infinity = it may be the last one */
  heard(dueAtMs: number, reason = 'it is heard'): void {
    this.#dueAtMs = dueAtMs;
    if (this.#state !== 'heard') this.#become('heard', reason);
  }

  /** Something is to come, whatever came before. */
  expect(dueAtMs: number): void {
    this.#dueAtMs = dueAtMs;
  }

  /** Nothing can come, or nothing has. */
  silent(reason: string): void {
    this.#dueAtMs = Infinity;
    if (this.#state !== 'silent') this.#become('silent', reason);
  }

  #become(to: LineState, reason: string): void {
    const from = this.#state;
    this.#state = to;
    this.#reason = reason;
    this.#sinceMs = this.#clock.wallMs();
    this.#onNews({ from, to, reason });
  }
}
