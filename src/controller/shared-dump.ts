/** Dumps for readers who only look: many who ask at the same time share one. */
import type { Clock } from '../base/clock.js';
import type { Dataplane, ObservedTable } from '../dataplane/types.js';

/** A dump younger than this is good enough for a status page or a scrape, ms. */
export const REUSE_MS = 100;

interface Dump {
  readonly table: Promise<ObservedTable>;
  readonly version: number;
  /** When it was answered; infinite until then. */
  atMs: number;
}

/** Reads the table at most once at a time, and not again within `REUSE_MS` of the last answer. */
export class SharedDump {
  readonly #dataplane: Dataplane;
  readonly #clock: Clock;
  #last: Dump | null = null;

  constructor(dataplane: Dataplane, clock: Clock) {
    this.#dataplane = dataplane;
    this.#clock = clock;
  }

  /**
   * Reads the table, or gives the answer that another reader got.
   *
   * @param version rises with every change of ours: nobody is shown a table from before a change that he knows of
   * @throws DirectorError when the table cannot be read
   */
  read(version: number): Promise<ObservedTable> {
    const last = this.#last;
    if (last?.version === version && this.#clock.nowMs() - last.atMs <= REUSE_MS) return last.table;
    const dump = { table: this.#dataplane.observe(), version, atMs: Number.POSITIVE_INFINITY };
    this.#last = dump;
    return dump.table.then(
      (table) => {
        dump.atMs = this.#clock.nowMs();
        return table;
      },
      (error: unknown) => {
        if (this.#last === dump) this.#last = null;
        throw error;
      },
    );
  }
}
