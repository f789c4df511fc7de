/** How many mails an hour. Pure. */

const HOUR_MS = 3_600_000;

/**
 * A bucket with half of the hour's mails at once, the rest evenly over the hour: after an outburst the next mail, which sums up
 * what came since, follows in minutes.
 *
 * With b = max(1, floor(n / 2)) at once and one more every hour / (n - b + 1), no hour has more than n:
 * b - 1 + ceil(hour / period) = b - 1 + (n - b + 1).
 */
export class MailRate {
  #perHour: number;
  /** When the bucket is full again, ms of the clock. */
  #fullAtMs = Number.NEGATIVE_INFINITY;

  /** @param perHour at least 1 */
  constructor(perHour: number) {
    this.#perHour = perHour;
  }

  /** Another limit; what was sent is still counted. */
  follow(perHour: number): void {
    this.#perHour = perHour;
  }

  /** Until the next mail may go; 0 = now. */
  waitMs(nowMs: number): number {
    const earliestMs = this.#fullAtMs - (this.#atOnce - 1) * this.#periodMs;
    return Math.max(0, earliestMs - nowMs);
  }

  /** A mail goes. */
  spend(nowMs: number): void {
    this.#fullAtMs = Math.max(this.#fullAtMs, nowMs) + this.#periodMs;
  }

  get #atOnce(): number {
    return Math.max(1, Math.floor(this.#perHour / 2));
  }

  get #periodMs(): number {
    return HOUR_MS / (this.#perHour - this.#atOnce + 1);
  }
}
