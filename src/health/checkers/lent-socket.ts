/**
 * A connection in the hands of a client library. Such clients trust their servers: they would take any amount of
 * bytes, and what their parsers throw at strange ones would end the process.
 */
import type { Socket } from 'node:net';
import { describe, excerpt } from './failure.js';

const BEGINNING_BYTES = 64;

/** Lends a connected socket to a client; it stays the caller's to close. */
export class LentSocket {
  readonly socket: Socket;
  readonly #failed: Promise<never>;
  #beginning = Buffer.alloc(0);
  #leftBytes: number;

  /** @param maxBytes more than that from the server fails */
  constructor(socket: Socket, maxBytes: number) {
    this.socket = socket;
    this.#leftBytes = maxBytes;
    this.#failed = new Promise((_resolve, reject) => {
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('connection closed')));
    });
    this.#failed.catch(() => undefined);
    this.#guard();
  }

  /**
   * Waits for what the client does, or for the connection to fail: clients tell of that in words of their own, or late.
   *
   * @throws Error with the phase; what `isAnswer` takes for the server's own words, and failures of the socket, as they
   * are, anything else with the beginning of what the server sent
   */
  async during<T>(phase: string, work: Promise<T>, isAnswer: (thrown: unknown) => boolean): Promise<T> {
    try {
      return await Promise.race([this.#failed, work]);
    } catch (thrown) {
      work.catch(() => undefined);
      const strange = !isAnswer(thrown) && this.#beginning.length > 0;
      const got = strange ? `, the answers began with ${excerpt(this.#beginning)}` : '';
      throw new Error(`${phase}: ${describe(thrown)}${got}`, { cause: thrown });
    }
  }

  /** Every event passes here, and not a listener of ours: that would start the flow before the client listens. */
  #guard(): void {
    const { socket } = this;
    const emit = socket.emit.bind(socket) as (event: string | symbol, ...rest: unknown[]) => boolean;
    const guarded = (event: string | symbol, ...rest: unknown[]): boolean => {
      if (event === 'data' && !this.#take(rest[0])) return false;
      try {
        return emit(event, ...rest);
      } catch (thrown) {
        socket.destroy(thrown instanceof Error ? thrown : new Error(String(thrown)));
        return true;
      }
    };
    socket.emit = guarded as Socket['emit'];
  }

  #take(chunk: unknown): boolean {
    if (!Buffer.isBuffer(chunk)) return true;
    const missing = BEGINNING_BYTES - this.#beginning.length;
    if (missing > 0) this.#beginning = Buffer.concat([this.#beginning, chunk.subarray(0, missing)]);
    this.#leftBytes -= chunk.length;
    if (this.#leftBytes >= 0) return true;
    this.socket.destroy(new Error('the server sends too much'));
    return false;
  }
}
