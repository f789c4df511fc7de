/** Tells of standstills of the director: the first at once, those that follow within a minute together. */
import type { Clock } from '../base/clock.js';
import { plural } from '../base/plural.js';
import type { EventLog } from '../controller/event-log.js';
import type { Stall } from '../health/stall-watch.js';

/** No alarm comes sooner than this after another one, ms. */
const QUIET_MS = 60_000;

export class StallAlarm {
  readonly #clock: Clock;
  readonly #events: EventLog;
  #toldAtMs = -Infinity;
  #untold = { count: 0, totalMs: 0 };

  constructor(clock: Clock, events: EventLog) {
    this.#clock = clock;
    this.#events = events;
  }

  stalled({ durationMs }: Stall): void {
    const nowMs = this.#clock.nowMs();
    if (nowMs - this.#toldAtMs < QUIET_MS) {
      this.#untold = { count: this.#untold.count + 1, totalMs: this.#untold.totalMs + durationMs };
      return;
    }
    const { count, totalMs } = this.#untold;
    const before = count === 0 ? '' : `, after ${plural(count, 'standstill')} of ${seconds(totalMs)} in all`;
    this.#toldAtMs = nowMs;
    this.#untold = { count: 0, totalMs: 0 };
    const message = `the director stood still for ${seconds(durationMs)}${before}; what servers failed meanwhile does not count`;
    this.#events.append({ type: 'director-stalled', message });
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)}s`;
}
