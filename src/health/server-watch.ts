/** One server of one service: its checks and the verdict that they come to. */
import type { Clock } from '../base/clock.js';
import { leastLoad, type Load } from '../model/load.js';
import type { RoleReport } from '../model/role.js';
import type { CountedState, Verdict } from '../model/status.js';
import type { CheckWatch } from './check-watch.js';
import { foldChecks, type Opinion } from './fold-checks.js';
import type { Prober } from './prober.js';

/** One check, where it gets its results, and what tells it apart. */
export interface WatchedCheck {
  readonly label: string;
  /** Equal for an unchanged question. */
  readonly probeKey: string;
  /** Equal where checks ask the same server for its role; null when it does not ask. */
  readonly roleOf: string | null;
  readonly prober: Prober;
  readonly watch: CheckWatch;
}

/** Folds anew when a check has spoken; remembers since when. */
export class ServerWatch {
  readonly #clock: Clock;
  #checks: readonly WatchedCheck[] = [];
  #verdict: Verdict;

  /** @param initial what the server counts as until anything is known */
  constructor(clock: Clock, initial: CountedState) {
    this.#clock = clock;
    this.#verdict = {
      state: 'unknown',
      countsAs: initial,
      reason: 'not checked yet',
      sinceMs: clock.wallMs(),
      checkedAtMs: null,
    };
  }

  get verdict(): Verdict {
    return this.#verdict;
  }

  get checks(): readonly WatchedCheck[] {
    return this.#checks;
  }

  /** Goes on from a verdict that was held before. */
  resume(verdict: Verdict): void {
    this.#verdict = verdict;
  }

  /**
   * Takes over other checks, which have been given what is known already. Without any the server is up.
   *
   * @param required checks that must be good, 1..their number
   * @returns whether the state, or what it counts as, is another one
   */
  follow(checks: readonly WatchedCheck[], required: number): boolean {
    this.#checks = checks;
    if (checks.length > 0) return this.fold(required, this.#verdict.checkedAtMs);
    const { state, sinceMs } = this.#verdict;
    return this.#change({
      state: 'up',
      countsAs: 'up',
      reason: 'no check configured',
      sinceMs: state === 'up' ? sinceMs : this.#clock.wallMs(),
      checkedAtMs: null,
    });
  }

  /** Asks the checks anew. @returns as `follow` */
  fold(required: number, checkedAtMs: number | null): boolean {
    const { state, countsAs, reason, byRole } = foldChecks(this.#opinions(), required);
    const { state: before, sinceMs } = this.#verdict;
    const load = this.#load();
    const role = this.#role();
    return this.#change({
      state,
      countsAs,
      reason,
      sinceMs: state === before ? sinceMs : this.#clock.wallMs(),
      checkedAtMs,
      ...(byRole === undefined ? {} : { byRole }),
      ...(load === undefined ? {} : { load }),
      ...(role === undefined ? {} : { role }),
    });
  }

  #opinions(): readonly Opinion[] {
    return this.#checks.map(({ label, watch: { count } }) => ({ label, count }));
  }

  /** The least of what they say. */
  #load(): Load | undefined {
    let least: Load | undefined;
    for (const { watch } of this.#checks) {
      const { load } = watch;
      if (load !== undefined) least = least === undefined ? load : leastLoad(least, load);
    }
    return least;
  }

  /** Of several that ask, the one that wants the primary has the say. */
  #role(): RoleReport | undefined {
    let found: RoleReport | undefined;
    for (const { watch } of this.#checks) {
      const { report, wanted } = watch.role;
      if (report !== undefined && wanted === 'primary') return report;
      found ??= report;
    }
    return found;
  }

  #change(verdict: Verdict): boolean {
    const { state, countsAs } = this.#verdict;
    this.#verdict = verdict;
    return verdict.state !== state || verdict.countsAs !== countsAs;
  }
}
