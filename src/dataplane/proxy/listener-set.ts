/** The open listeners of one service: all of its endpoints, or a refusal and none of the new ones. */
import type { Endpoint } from './endpoints.js';
import type { Engine, FlowScheduler, Listener } from './engine.js';

export class ListenerSet {
  readonly #engine: Engine;
  readonly #scheduler: FlowScheduler;
  readonly #open = new Map<string, Listener>();

  constructor(engine: Engine, scheduler: FlowScheduler) {
    this.#engine = engine;
    this.#scheduler = scheduler;
  }

  /**
   * Opens what is missing, then closes what is no longer wanted.
   *
   * @throws DirectorError (ERR_LISTEN) when one cannot be bound; what was open before still is, and nothing more
   */
  async set(endpoints: ReadonlyMap<string, Endpoint>): Promise<void> {
    await this.#openMissing(endpoints);
    const unwanted = [...this.#open.keys()].filter((key) => !endpoints.has(key));
    await this.#closeAll(unwanted);
  }

  /** Idempotent. */
  async close(): Promise<void> {
    await this.#closeAll([...this.#open.keys()]);
  }

  async #openMissing(endpoints: ReadonlyMap<string, Endpoint>): Promise<void> {
    const opened: string[] = [];
    try {
      for (const [key, endpoint] of endpoints) {
        if (this.#open.has(key)) continue;
        this.#open.set(key, await this.#engine.listen(endpoint, this.#scheduler));
        opened.push(key);
      }
    } catch (thrown) {
      await this.#closeAll(opened);
      throw thrown;
    }
  }

  async #closeAll(keys: readonly string[]): Promise<void> {
    const closing: Promise<void>[] = [];
    for (const key of keys) {
      const listener = this.#open.get(key);
      if (listener !== undefined) closing.push(listener.close());
      this.#open.delete(key);
    }
    await Promise.all(closing);
  }
}
