/** What `lvsd report` says, from the marks of a state_dir. Pure. */
import type { Totals } from './account.js';
import { computeFigures, type Figures } from './availability.js';
import { Ledger, type Window } from './ledger.js';
import { LATEST_MS, type Mark, type UnreadableMark } from './mark.js';

export interface ReportRow extends Totals, Figures {
  readonly name: string;
  /** False: it was removed since. */
  readonly isServed: boolean;
}

export interface ServiceReport extends ReportRow {
  readonly servers: readonly ReportRow[];
}

export interface Report {
  /** Of what was asked for; wall clock, ms since the epoch. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Wall clock of the first mark that is kept; null: there is none. */
  readonly recordedSinceMs: number | null;
  readonly director: {
    /** A director runs at `toMs`. */
    readonly runs: boolean;
    /** Wall clock of the last mark. */
    readonly lastSeenMs: number | null;
  };
  /** Lines of the record that cannot be read. */
  readonly unreadable: number;
  /** In the order in which they were first seen; those without any time within the window are left out. */
  readonly services: readonly ServiceReport[];
}

export interface ReportOptions extends Window {
  /** Whether a director runs at `toMs`: then the last mark holds until then. */
  readonly runs: boolean;
}

/** Takes marks one by one, so that a long record need not be held as a whole. */
export class ReportBuilder {
  readonly #options: ReportOptions;
  readonly #ledger: Ledger;
  #unreadable = 0;

  constructor(options: ReportOptions) {
    this.#options = options;
    this.#ledger = new Ledger(options);
  }

  /** In the order in which they were written. */
  take(mark: Mark | UnreadableMark): void {
    if (mark.kind === 'unreadable') this.#unreadable++;
    this.#ledger.take(mark);
  }

  /** Once, at the end. */
  finish(): Report {
    const { fromMs, toMs, runs } = this.#options;
    const ledger = this.#ledger;
    ledger.finish(toMs, runs ? LATEST_MS : 0);
    return {
      fromMs,
      toMs,
      recordedSinceMs: ledger.firstMs,
      director: { runs, lastSeenMs: ledger.last?.wallMs ?? null },
      unreadable: this.#unreadable,
      services: [...ledger.totals()]
        .map(([name, { servers, ...own }]) => ({
          ...rowOf(name, own),
          servers: [...servers].map(([server, ofServer]) => rowOf(server, ofServer)).filter(saysSomething),
        }))
        .filter((service) => saysSomething(service) || service.servers.length > 0),
    };
  }
}

function rowOf(
  name: string,
  { totals, isServed }: { readonly totals: Totals; readonly isServed: boolean },
): ReportRow {
  return { name, isServed, ...totals, ...computeFigures(totals) };
}

function saysSomething({ isServed, upMs, downMs, unknownMs, unwatchedMs }: ReportRow): boolean {
  return isServed || upMs + downMs + unknownMs + unwatchedMs > 0;
}
