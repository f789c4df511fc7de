/** What is counted of one service or one server. Pure. */
import type { Standing } from '../model/standing.js';

/** Times in ms. */
export interface Totals {
  /** It served, `degradedMs` included. */
  readonly upMs: number;
  /** It served, but not as it should. */
  readonly degradedMs: number;
  readonly downMs: number;
  /** A director was there, and could not tell. */
  readonly unknownMs: number;
  /** No director was there, or what it saw could not be written down. */
  readonly unwatchedMs: number;
  /** How often it went down after having been up, time without knowledge between them or not. */
  readonly failures: number;
  /** Times of being down, those included that had begun before. */
  readonly outages: number;
}

/** Where the two clocks of a ledger stand: time that was watched and time that was not, ms. */
export interface Elapsed {
  readonly watchedMs: number;
  readonly unwatchedMs: number;
}

/**
 * Time is added when the standing changes and when somebody asks, not with each mark: a director has ten thousand
 * servers, and most of them stand as they stood.
 */
export class Account {
  readonly #byStanding: Record<Standing, number> = { up: 0, degraded: 0, down: 0, unknown: 0 };
  #unwatchedMs = 0;
  #failures = 0;
  #outages = 0;
  #at: Elapsed;
  /** null: it is not served. */
  #standing: Standing | null = null;
  /** As last known: what lies between two times of knowledge is no failure by itself. */
  #known: 'up' | 'down' | null = null;
  #outageCounted = false;

  constructor(at: Elapsed) {
    this.#at = at;
  }

  get isServed(): boolean {
    return this.#standing !== null;
  }

  /** It stands so from now on. @param counts whether a failure at this moment is to be counted */
  stand(standing: Standing, at: Elapsed, counts: boolean): void {
    this.#addUpTo(at);
    this.#standing = standing;
    if (standing === 'unknown') return;
    if (standing === 'down' && this.#known !== 'down') {
      this.#outageCounted = false;
      // What has never been seen up cannot fail.
      if (this.#known === 'up' && counts) {
        this.#failures++;
        this.#countOutage();
      }
    }
    this.#known = standing === 'down' ? 'down' : 'up';
  }

  /** It is not served any more. If it comes back, it begins anew. */
  leave(at: Elapsed): void {
    this.#addUpTo(at);
    this.#standing = null;
    this.#known = null;
  }

  totals(at: Elapsed): Totals {
    this.#addUpTo(at);
    const { up, degraded, down, unknown } = this.#byStanding;
    return {
      upMs: up + degraded,
      degradedMs: degraded,
      downMs: down,
      unknownMs: unknown,
      unwatchedMs: this.#unwatchedMs,
      failures: this.#failures,
      outages: this.#outages,
    };
  }

  #addUpTo(at: Elapsed): void {
    const watchedMs = at.watchedMs - this.#at.watchedMs;
    if (this.#standing !== null) {
      this.#byStanding[this.#standing] += watchedMs;
      this.#unwatchedMs += at.unwatchedMs - this.#at.unwatchedMs;
      if (this.#standing === 'down' && watchedMs > 0) this.#countOutage();
    }
    this.#at = at;
  }

  #countOutage(): void {
    if (!this.#outageCounted) this.#outages++;
    this.#outageCounted = true;
  }
}
