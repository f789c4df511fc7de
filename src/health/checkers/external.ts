/** A server is as somebody else said, as long as that is not too long ago. */
import { formatDuration } from '../../base/duration.js';
import type { Clock } from '../../base/clock.js';
import type { ExternalResults } from '../external-results.js';
import type { Checker, ProbeResult } from '../types.js';
import { failure, printable } from './failure.js';

/** Looks at the last result that was told. */
export class ExternalChecker implements Checker {
  readonly #results: ExternalResults | null;
  readonly #clock: Clock;
  readonly #server: string;
  readonly #ttlMs: number;

  /** @param server the server's key */
  constructor(results: ExternalResults | null, clock: Clock, server: string, ttlMs: number) {
    this.#results = results;
    this.#clock = clock;
    this.#server = server;
    this.#ttlMs = ttlMs;
  }

  probe(): Promise<ProbeResult> {
    return Promise.resolve(this.#judge());
  }

  #judge(): ProbeResult {
    const subject = `external ${this.#server}`;
    const last = this.#results?.last(this.#server) ?? null;
    if (last === null) return failure(subject, 'no result was told since the director started');
    const ageMs = this.#clock.nowMs() - last.atMs;
    if (ageMs > this.#ttlMs)
      return failure(subject, `the last result is older than ${formatDuration(this.#ttlMs)}`);
    if (last.ok)
      return { ok: true, detail: last.reason === '' ? 'told up' : printable(`told up: ${last.reason}`) };
    return failure(subject, last.reason === '' ? 'told down' : `told down: ${last.reason}`);
  }
}
