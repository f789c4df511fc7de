/** What others found out about servers, told by the control socket: kept until it is told anew. */
import type { Clock } from '../base/clock.js';

/** One result, as it was told. */
export interface ExternalResult {
  readonly ok: boolean;
  /** For people; may be empty. */
  readonly reason: string;
  /** Monotonic, of `Clock.nowMs`. */
  readonly atMs: number;
}

/** The last result for each server, by `address:port` as servers are keyed. */
export class ExternalResults {
  readonly #clock: Clock;
  readonly #results = new Map<string, ExternalResult>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param server the server's key; who calls has seen to it that there is one with an `external` check */
  set(server: string, result: Omit<ExternalResult, 'atMs'>): void {
    this.#results.set(server, { ...result, atMs: this.#clock.nowMs() });
  }

  /** Null when nothing was told since the director started. */
  last(server: string): ExternalResult | null {
    return this.#results.get(server) ?? null;
  }
}
