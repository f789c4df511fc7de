/**
 * A connection in the hands of a client library. Such clients trust their servers: they would take any amount of
 * bytes, and what their parsers throw at strange ones would end the process.
 */
import type { Socket } from 'node:net';
import { describe, excerpt } from './failure.js';

const BEGINNING_BYTES = 64;

/**
 * What comes from the server, looked at before the client gets it.
 *
 * @returns what is wrong with it, or null; an Error is told with the beginning of the answers, a string without
 */
export type FaultOf = (chunk: Buffer) => Error | string | null;

/** Said of the answers without their bytes: they may be what was sent. */
class AnswerFault extends Error {}

/** Lends a connected socket to a client; it stays the caller's to close. */
export class LentSocket {
  readonly socket: Socket;
  readonly #failed: Promise<never>;
  readonly #faultOf: FaultOf;
  #beginning = Buffer.alloc(0);
  #leftBytes: number;

  /** @param maxBytes more than that from the server fails @param faultOf default: the client takes anything */
  constructor(socket: Socket, maxBytes: number, faultOf: FaultOf = () => null) {
    this.socket = socket;
    this.#faultOf = faultOf;
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
      const isClear = thrown instanceof AnswerFault || isAnswer(thrown);
      const strange = !isClear && this.#beginning.length > 0;
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
    const fault = this.#leftBytes < 0 ? new Error('the server sends too much') : this.#judge(chunk);
    if (fault === null) return true;
    this.socket.destroy(fault);
    return false;
  }

  #judge(chunk: Buffer): Error | null {
    const fault = this.#faultOf(chunk);
    return typeof fault === 'string' ? new AnswerFault(fault) : fault;
  }
}
