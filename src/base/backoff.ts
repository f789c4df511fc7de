/** How long to wait before trying again; pure, so that a retry's timing can be asserted to the millisecond. */
import type { Random } from './clock.js';

export interface BackoffSettings {
  /** Delay before the first retry, ms, above 0. */
  readonly firstMs: number;
  /** Growth from one attempt to the next, at least 1. */
  readonly factor: number;
  /** No delay is longer, ms. */
  readonly capMs: number;
  /** Share of the delay that may be taken off at random, 0..1, so that many failures do not retry in step. */
  readonly jitter: number;
}

/**
 * The delay before retry number `attempt` (1 = the first): exponential, capped, then shortened by jitter.
 *
 * Never throws, never more than `capMs`.
 */
export function backoffDelayMs(attempt: number, settings: BackoffSettings, random: Random): number {
  const grown = settings.firstMs * settings.factor ** (Math.max(1, attempt) - 1);
  return Math.min(settings.capMs, grown) * (1 - settings.jitter * random());
}
