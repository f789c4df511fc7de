/** Dumps for readers who only look: many who ask at the same time share one. */
import type { Clock } from '../base/clock.js';
import type { Dataplane, ObservedTable } from '../dataplane/types.js';

/** A dump younger than this is good enough for a status page or a scrape, ms. */
export const REUSE_MS = 100;

/** Reads the table at most once at a time, and not again within `REUSE_MS` of the last answer. */
export class SharedDump {
  readonly #dataplane: Dataplane;
  readonly #clock: Clock;
  #running: Promise<ObservedTable> | null = null;
  #last: { readonly table: ObservedTable; readonly atMs: number } | null = null;

  constructor(dataplane: Dataplane, clock: Clock) {
    this.#dataplane = dataplane;
    this.#clock = clock;
  }

  /** @throws DirectorError when the table cannot be read */
  async read(): Promise<ObservedTable> {
    if (this.#last !== null && this.#clock.nowMs() - this.#last.atMs <= REUSE_MS) return this.#last.table;
    this.#running ??= this.#dump().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #dump(): Promise<ObservedTable> {
    const table = await this.#dataplane.observe();
    this.#last = { table, atMs: this.#clock.nowMs() };
    return table;
  }
}
