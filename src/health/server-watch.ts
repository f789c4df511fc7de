/** One server of one service: its checks and the verdict that they come to. */
import type { Clock } from '../base/clock.js';
import { leastLoad, type Load } from '../model/load.js';
import type { RoleReport } from '../model/role.js';
import type { CountedState, Verdict } from '../model/status.js';
import type { CheckWatch } from './check-watch.js';
import { foldChecks } from './fold-checks.js';
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
    const opinions = this.#checks.map(({ label, watch }) => ({ label, count: watch.count }));
    const fold = foldChecks(opinions, required);
    const { state, sinceMs } = this.#verdict;
    const role = this.#role();
    return this.#change({
      ...fold,
      sinceMs: fold.state === state ? sinceMs : this.#clock.wallMs(),
      checkedAtMs,
      ...this.#load(),
      ...(role === undefined ? {} : { role }),
    });
  }

  /** The least of what they say. */
  #load(): { readonly load?: Load } {
    const said = this.#checks.map(({ watch }) => watch.load).filter((load) => load !== undefined);
    return said.length === 0 ? {} : { load: said.reduce(leastLoad) };
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
