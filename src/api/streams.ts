/** Answers that are written piece by piece, with back-pressure and an end for clients that do not read. */
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { FastifyReply } from 'fastify';
import type { Clock } from '../base/clock.js';

/**
 * A finite answer as a body for `reply.send`: the next chunk is asked for when the client has taken the last one.
 *
 * Ends the source when the client goes away. An error before the first chunk becomes a refusal, later it cuts
 * the connection, so that half an answer never looks whole.
 */
export function streamBody(source: AsyncIterable<string>): Readable {
  return Readable.from(source, { highWaterMark: 1 });
}

/** Lets a client that stops reading lose its connection `stallTimeoutMs` after the last byte it took. */
export function limitStall(response: ServerResponse, stallTimeoutMs: number): void {
  response.setTimeout(stallTimeoutMs, () => response.destroy());
}

/** How long a client may leave a chunk unread, and who hears of one that did. */
export interface StallLimit {
  readonly clock: Clock;
  readonly stallTimeoutMs: number;
  readonly stalled: () => void;
}

/** The long answers of one server, so that closing it ends them. */
export class OpenStreams {
  readonly #open = new Set<AbortController>();

  get size(): number {
    return this.#open.size;
  }

  /**
   * Writes an answer without a foreseeable end and resolves when it is over, however it ended.
   *
   * Headers go out at once, and the connection ends with the answer. `source` gets a signal that aborts when the
   * client goes away or the server closes, and must end then. A chunk that the client leaves unread for
   * `stallTimeoutMs` ends it, with a call of `stalled`.
   */
  async write(
    reply: FastifyReply,
    source: (signal: AbortSignal) => AsyncIterable<string>,
    limits: StallLimit,
  ): Promise<void> {
    const controller = new AbortController();
    this.#open.add(controller);
    reply.hijack();
    const response = reply.raw;
    response.on('close', () => controller.abort());
    if (response.destroyed) controller.abort();
    response.setHeaders(headersOf(reply.header('connection', 'close')));
    response.flushHeaders();
    const chunks = endWhenStalled(source(controller.signal), response, limits);
    try {
      await pipeline(Readable.from(chunks, { highWaterMark: 1 }), response);
    } catch (error) {
      // The client went away, by itself or because it stalled: the usual end of such an answer.
      if (!controller.signal.aborted) throw error;
    } finally {
      this.#open.delete(controller);
    }
  }

  /** Ends every answer cleanly: what was handed over is still sent. */
  endAll(): void {
    for (const controller of this.#open) controller.abort();
  }
}

/** A hijacked reply does not write the headers it was given. */
function headersOf(reply: FastifyReply): Map<string, string | number | readonly string[]> {
  const set = new Map<string, string | number | readonly string[]>();
  for (const [name, value] of Object.entries(reply.getHeaders()))
    if (value !== undefined) set.set(name, value);
  return set;
}

async function* endWhenStalled(
  source: AsyncIterable<string>,
  response: ServerResponse,
  limit: StallLimit,
): AsyncGenerator<string> {
  for await (const chunk of source) {
    const timer = limit.clock.after(limit.stallTimeoutMs, () => {
      limit.stalled();
      response.destroy();
    });
    try {
      yield chunk;
    } finally {
      timer.cancel();
    }
  }
  limitStall(response, limit.stallTimeoutMs);
}
