/** A server is as somebody else said, as long as that is not too long ago. */
import { formatDuration } from '../../base/duration.js';
import type { Clock } from '../../base/clock.js';
import type { ExternalResults } from '../external-results.js';
import type { Checker, ProbeResult } from '../types.js';
import { failure, notProbed, printable } from './failure.js';

/** Looks at the last result that was told. */
export class ExternalChecker implements Checker {
  readonly #results: ExternalResults | null;
  readonly #clock: Clock;
  readonly #server: string;
  readonly #ttlMs: number;
  /** Since when results could have come. */
  readonly #sinceMs: number;

  /** @param server the server's key */
  constructor(results: ExternalResults | null, clock: Clock, server: string, ttlMs: number) {
    this.#results = results;
    this.#clock = clock;
    this.#server = server;
    this.#ttlMs = ttlMs;
    this.#sinceMs = clock.nowMs();
  }

  probe(): Promise<ProbeResult> {
    return Promise.resolve(this.#judge());
  }

  #judge(): ProbeResult {
    const subject = `external ${this.#server}`;
    const last = this.#results?.last(this.#server) ?? null;
    if (last === null) return this.#judgeSilence(subject);
    const isOld = this.#clock.nowMs() - last.atMs > this.#ttlMs;
    // Of a time before: the server has come back to the file, and nobody could tell of it meanwhile.
    if (isOld && last.atMs < this.#sinceMs) return this.#judgeSilence(subject);
    if (isOld) return failure(subject, `the last result is older than ${formatDuration(this.#ttlMs)}`);
    if (last.ok)
      return { ok: true, detail: last.reason === '' ? 'told up' : printable(`told up: ${last.reason}`) };
    return failure(subject, last.reason === '' ? 'told down' : `told down: ${last.reason}`);
  }

  /** A director that has just started takes nobody out because of that. */
  #judgeSilence(subject: string): ProbeResult {
    const silent = this.#clock.nowMs() - this.#sinceMs > this.#ttlMs;
    if (!silent) return notProbed(subject, 'no result was told yet');
    return failure(subject, `no result was told for ${formatDuration(this.#ttlMs)}`);
  }
}
