/** One check of one server of one service: its count, the interval that it wants, and how old its last result is. */
import type { CheckTiming } from '../model/health-check.js';
import type { Load } from '../model/load.js';
import type { WantedRole } from '../model/role.js';
import type { CountedState, Verdict } from '../model/status.js';
import { count, forgetCount, notChecked, rejudge, type Count } from './rise-fall.js';
import type { Taker } from './prober.js';
import type { ProbeMoments, RoleWatch } from './role-watch.js';
import type { TimedResult } from './timed-probe.js';

/** Results may be missing for so many intervals and timeouts, and so many ms on top, before nobody knows any more. */
const MOST_MISSED = 2;
const GRACE_MS = 1000;

/** Hears of each result, once it is counted. @param claims with it the server has begun to say that it is the primary */
export type OnTaken = (probe: TimedResult, claims: boolean) => void;

/** Counts what it takes. */
export class CheckWatch implements Taker {
  readonly #onTaken: OnTaken;
  #timing: CheckTiming;
  #count: Count;
  #load: Load | undefined;
  /** Of the last result or edit, or of the beginning; ms of the clock. */
  #heardAtMs: number;
  readonly #nowMs: () => number;
  readonly role: RoleWatch;

  /** @param before what the server counts as until this check has said something */
  constructor(
    onTaken: OnTaken,
    timing: CheckTiming,
    before: CountedState,
    nowMs: () => number,
    role: RoleWatch,
  ) {
    this.#onTaken = onTaken;
    this.role = role;
    this.#timing = timing;
    this.#count = notChecked(before);
    this.#nowMs = nowMs;
    this.#heardAtMs = nowMs();
  }

  get count(): Count {
    return this.#count;
  }

  /** What it said last of how much the server can take; undefined when it never did. */
  get load(): Load | undefined {
    return this.#load;
  }

  /** `fast_interval` while the opinion is changing, `down_interval` while it is down, else `interval`. */
  get intervalMs(): number {
    const { intervalMs, fastIntervalMs, downIntervalMs } = this.#timing;
    if (this.#count.contrary > 0) return fastIntervalMs;
    return this.#count.countsAs === 'down' ? downIntervalMs : intervalMs;
  }

  get jitter(): number {
    return this.#timing.jitter;
  }

  /** Goes on from an opinion that was held before: as many results as ever change it. Before the first result. */
  resume(countsAs: CountedState, known: boolean, reason: string, load?: Load): void {
    this.#load = load;
    this.#count = { countsAs, known, contrary: 0, reason };
  }

  /**
   * Goes on from what the server said of its role. One that was down for nothing else is so for the check that asks; the
   * others were content. After `resume`.
   */
  resumeRole({ role, byRole, reason }: Pick<Verdict, 'role' | 'byRole' | 'reason'>): void {
    this.role.resume(role);
    if (byRole === true) this.#count = rejudge({ ...this.#count, countsAs: 'up' }, this.role.isOther, reason);
  }

  /** What the server said of its role is judged by what is wanted now. */
  want(wanted: WantedRole | null): void {
    if (!this.role.want(wanted)) return;
    const reason = this.role.isOther
      ? `was ${this.role.report?.name ?? ''}, wanted ${wanted ?? ''}`
      : 'not asked yet';
    this.#count = rejudge(this.#count, this.role.isOther, reason);
  }

  /** Other limits and intervals; the count stays. @returns whether any of them is another one */
  edit(timing: CheckTiming): boolean {
    const before = this.#timing;
    this.#timing = timing;
    const keys = Object.keys(timing) as (keyof CheckTiming)[];
    const edited = keys.some((key) => timing[key] !== before[key]);
    // By a shorter interval the last result would seem to be overdue, though nobody was to ask sooner.
    if (edited) this.#heardAtMs = this.#nowMs();
    return edited;
  }

  take(probe: TimedResult, moments: ProbeMoments): void {
    if (probe.result.ok === true && probe.result.load !== undefined) this.#load = probe.result.load;
    const claims = this.role.note(probe.result, moments);
    this.#count = count(this.#count, probe.result, this.#timing);
    this.#heardAtMs = this.#nowMs();
    this.#onTaken(probe, claims);
  }

  /** How long no result came, where that is longer than it ought to be and the opinion still passes for known; else null. */
  get overdueMs(): number | null {
    if (!this.#count.known) return null;
    const silentMs = this.#nowMs() - this.#heardAtMs;
    return silentMs > this.#limitMs ? silentMs : null;
  }

  /** It asks another question from now on: what was said to the one before is no answer to it. */
  forgetLoad(): void {
    this.#load = undefined;
  }

  /** Nobody knows any more, for this reason. */
  forget(reason: string): void {
    this.#count = forgetCount(this.#count, reason);
  }

  get #limitMs(): number {
    return MOST_MISSED * (this.intervalMs + this.#timing.timeoutMs) + GRACE_MS;
  }
}
