/** A client that never rests: every request by a connection of its own through the director, and where each one landed. */
import { setTimeout } from 'node:timers/promises';

export interface Landed {
  /** Monotonic. */
  readonly atMs: number;
  /** The server's own port, by its own words; null when the request failed. */
  readonly port: number | null;
  /** Why it failed. */
  readonly error: string | null;
}

const PAUSE_MS = 5;

/** Asks again and again until it is stopped. */
export class ClientLog {
  readonly landed: Landed[] = [];
  readonly #ask: () => Promise<number>;
  readonly #done: Promise<void>;
  #stopped = false;

  /** @param ask one request; gives the port of the server that took it, and rejects when it was not taken */
  constructor(ask: () => Promise<number>) {
    this.#ask = ask;
    this.#done = this.#run();
  }

  /** Requests since a moment that were taken. */
  takenSince(atMs: number): readonly Landed[] {
    return this.landed.filter((each) => each.atMs >= atMs && each.port !== null);
  }

  /** Those of them that one server took. */
  takenBy(port: number): readonly Landed[] {
    return this.landed.filter((each) => each.port === port);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#done;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      // When the answer is there: before that nobody took it.
      const outcome = await this.#once();
      this.landed.push({ atMs: performance.now(), ...outcome });
      await setTimeout(PAUSE_MS);
    }
  }

  async #once(): Promise<Pick<Landed, 'port' | 'error'>> {
    try {
      return { port: await this.#ask(), error: null };
    } catch (thrown) {
      return { port: null, error: thrown instanceof Error ? thrown.message : String(thrown) };
    }
  }
}
