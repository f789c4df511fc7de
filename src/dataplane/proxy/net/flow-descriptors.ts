/** The engine's way to descriptors: where a new connection or session finds none, an idle session gives way. */
import type { Clock } from '../../../base/clock.js';
import type { DescriptorBudget } from '../descriptor-budget.js';
import type { IdleQueue } from '../idle-queue.js';

/** A shortage that goes on is told again after so long, however many clients it turns away. */
const REPORT_EVERY_MS = 60_000;

export class FlowDescriptors {
  readonly #budget: DescriptorBudget;
  readonly #sessions: IdleQueue;
  readonly #clock: Clock;
  #reportedMs = -Infinity;

  /** @param sessions UDP sessions by last activity, one descriptor each */
  constructor(budget: DescriptorBudget, sessions: IdleQueue, clock: Clock) {
    this.#budget = budget;
    this.#sessions = sessions;
    this.#clock = clock;
  }

  /**
   * Reserves `count` descriptors. Anybody can make sessions up by forging addresses, so they must not keep others
   * out: those that were idle for longest end.
   *
   * @param onShortage told why, now and then, when nothing could make room
   */
  take(count: number, onShortage: (reason: string) => void): boolean {
    while (!this.#budget.take(count)) {
      if (this.#sessions.expireOldest()) continue;
      this.#report(onShortage);
      return false;
    }
    return true;
  }

  /** As the budget's own. */
  occupy(count: number): void {
    this.#budget.occupy(count);
  }

  give(count: number): void {
    this.#budget.give(count);
  }

  #report(onShortage: (reason: string) => void): void {
    const nowMs = this.#clock.nowMs();
    if (nowMs - this.#reportedMs < REPORT_EVERY_MS) return;
    this.#reportedMs = nowMs;
    onShortage(`no descriptors left (limit ${this.#budget.limit})`);
  }
}
