/** Remembers what fails and calls back when it is time to try again, later each time. */
import { backoffDelayMs, type BackoffSettings } from '../base/backoff.js';
import type { Clock, Random, Timer } from '../base/clock.js';
import type { DirectorError } from '../base/errors.js';

/** One thing that fails. */
export interface Failure {
  readonly errors: readonly DirectorError[];
  /** Failures in a row, at least 1. */
  readonly attempts: number;
}

interface Entry extends Failure {
  readonly timer: Timer;
}

export interface RetryBookOptions<Key> {
  readonly clock: Clock;
  readonly random: Random;
  readonly backoff: BackoffSettings;
  /** Called once for each `failed`, unless it succeeded or was forgotten meanwhile. */
  readonly onRetry: (key: Key) => void;
}

/** Failures by key, each with one timer. */
export class RetryBook<Key> {
  readonly #options: RetryBookOptions<Key>;
  readonly #entries = new Map<Key, Entry>();

  constructor(options: RetryBookOptions<Key>) {
    this.#options = options;
  }

  get failures(): ReadonlyMap<Key, Failure> {
    return this.#entries;
  }

  /** Notes a failure and sets its timer anew. */
  failed(key: Key, errors: readonly DirectorError[]): Failure {
    const before = this.#entries.get(key);
    before?.timer.cancel();
    const attempts = (before?.attempts ?? 0) + 1;
    const { clock, random, backoff, onRetry } = this.#options;
    const timer = clock.after(backoffDelayMs(attempts, backoff, random), () => onRetry(key));
    const entry = { errors, attempts, timer };
    this.#entries.set(key, entry);
    return entry;
  }

  /** Forgets the failure. @returns true when there was one */
  succeeded(key: Key): boolean {
    this.#entries.get(key)?.timer.cancel();
    return this.#entries.delete(key);
  }

  /** Stops every timer; failures stay readable. Idempotent. */
  close(): void {
    for (const { timer } of this.#entries.values()) timer.cancel();
  }
}
