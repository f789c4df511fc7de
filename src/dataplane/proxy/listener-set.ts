/** The endpoints of one service: all of them, or a refusal and none of the new ones. */
import type { EndpointBook } from './endpoint-book.js';
import type { Endpoint } from './endpoints.js';
import type { FlowScheduler } from './engine.js';
import { refusal } from './step-failure.js';

export class ListenerSet {
  readonly #book: EndpointBook;
  readonly #scheduler: FlowScheduler;
  readonly #taken = new Set<string>();
  #closed = false;

  constructor(book: EndpointBook, scheduler: FlowScheduler) {
    this.#book = book;
    this.#scheduler = scheduler;
  }

  /**
   * Takes what is missing, then lets go of what is no longer wanted.
   *
   * @throws DirectorError (ERR_LISTEN) when one cannot be bound; what was taken before still is, and nothing more
   */
  async set(endpoints: ReadonlyMap<string, Endpoint>): Promise<void> {
    await this.#takeMissing(endpoints);
    const unwanted = [...this.#taken].filter((key) => !endpoints.has(key));
    await this.#letGo(unwanted);
  }

  /** Idempotent. What is being opened meanwhile is closed as soon as it is open, and its `set` rejects. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#letGo([...this.#taken]);
  }

  async #takeMissing(endpoints: ReadonlyMap<string, Endpoint>): Promise<void> {
    const taken: string[] = [];
    try {
      for (const [key, endpoint] of endpoints) {
        if (this.#taken.has(key)) continue;
        await this.#book.take(endpoint, this.#scheduler);
        this.#taken.add(key);
        taken.push(key);
        if (this.#closed) throw refusal('ERR_PLANE_CLOSED', 'the userspace plane is closed');
      }
    } catch (thrown) {
      await this.#letGo(taken);
      throw thrown;
    }
  }

  async #letGo(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.#taken.delete(key);
    await Promise.all(keys.map((key) => this.#book.letGo(key, this.#scheduler)));
  }
}
