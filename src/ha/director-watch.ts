/** Whether the director lives, and whether its table was ever programmed: what all instances of it depend on. */
import type { Clock } from '../base/clock.js';
import { HEARTBEAT_MS } from './messages.js';

const NOT_PROGRAMMED = 'the own table of services has not been programmed yet';

/** One a process; it is told of heartbeats, and asked to look every `HEARTBEAT_MS`. */
export class DirectorWatch {
  readonly #clock: Clock;
  readonly #onChange: () => void;
  #programmed = false;
  #stalled: string | null = null;
  #heardMs: number;
  #checkedMs: number;

  /** @param onChange the conditions are other ones */
  constructor(clock: Clock, onChange: () => void) {
    this.#clock = clock;
    this.#onChange = onChange;
    this.#heardMs = this.#checkedMs = clock.nowMs();
  }

  /** What keeps every instance in fault. */
  get conditions(): readonly string[] {
    return [
      ...(this.#programmed ? [] : [NOT_PROGRAMMED]),
      ...(this.#stalled === null ? [] : [this.#stalled]),
    ];
  }

  get programmed(): boolean {
    return this.#programmed;
  }

  /** It lives. @param programmed once is for ever: what fails later is told, and changes no role */
  heard(programmed = false): void {
    this.#heardMs = this.#clock.nowMs();
    const changed = this.#stalled !== null || (programmed && !this.#programmed);
    this.#stalled = null;
    this.#programmed ||= programmed;
    if (changed) this.#onChange();
  }

  /** @param limitMs how long it may say nothing */
  check(limitMs: number): void {
    const nowMs = this.#clock.nowMs();
    const asleepMs = nowMs - this.#checkedMs - HEARTBEAT_MS;
    this.#checkedMs = nowMs;
    // who stood still has heard nothing: what waits is read first, and a director that stood still, too, gets its time
    if (asleepMs > HEARTBEAT_MS) this.#heardMs = Math.min(nowMs, this.#heardMs + asleepMs);
    if (this.#stalled !== null || nowMs - this.#heardMs < limitMs) return;
    this.#stalled = `the director has given no sign of life for ${Math.round(limitMs / 1000)} s`;
    this.#onChange();
  }
}
