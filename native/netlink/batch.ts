/** Many requests in one datagram, and which answer belongs to which. No input or output. */
import { NLM_F_ACK, NLM_F_REQUEST, NLMSG_ERROR } from './constants.js';
import { CodecError, netlinkError, replyError } from './errors.js';
import { beginMessage, decodeErrorReply, endMessage } from './message.js';
import type { NetlinkMessage } from './message.js';
import type { NetlinkRequest } from './request.js';
import type { Writer } from './writer.js';

/** Offset of the flags in a message's header. */
const flagsOffset = 6;

interface Sent {
  readonly request: NetlinkRequest;
  readonly index: number;
}

/**
 * One datagram of a batch: filled with `add`, sent, then given its answers with `take`.
 *
 * Only the last request asks for an acknowledgement: the kernel runs them in order before the send returns, so silence about
 * an earlier one means done once the last has been answered.
 */
export class BatchDatagram {
  readonly #writer: Writer;
  readonly #maxBytes: number;
  readonly #results: (Error | null)[];
  /** By sequence number: what has no answer yet. */
  readonly #waiting = new Map<number, Sent>();
  #lastSequence = 0;
  #lastStart = 0;

  /** @param results where errors go, by the request's index; null stands for done */
  constructor(writer: Writer, maxBytes: number, results: (Error | null)[]) {
    writer.reset();
    this.#writer = writer;
    this.#maxBytes = maxBytes;
    this.#results = results;
  }

  /** Count of requests in it. */
  get size(): number {
    return this.#waiting.size;
  }

  /**
   * Appends a request. One that cannot be encoded gets its CodecError as result and takes no room.
   *
   * @returns false when it does not fit any more, and nothing was appended
   */
  add(request: NetlinkRequest, index: number, sequence: number): boolean {
    const writer = this.#writer;
    const start = writer.length;
    try {
      beginMessage(writer, request.type, NLM_F_REQUEST | (request.flags ?? 0), sequence);
      request.encode(writer);
      endMessage(writer, start);
    } catch (error) {
      if (!(error instanceof CodecError)) throw error;
      writer.reset(start);
      this.#results[index] = error;
      return true;
    }
    if (writer.length > this.#maxBytes && this.#waiting.size > 0) {
      writer.reset(start);
      return false;
    }
    this.#waiting.set(sequence, { request, index });
    this.#lastSequence = sequence;
    this.#lastStart = start;
    return true;
  }

  /** Its bytes, with the acknowledgement asked for: a view of the writer. */
  finish(): Uint8Array {
    const flags = this.#waiting.get(this.#lastSequence)?.request.flags ?? 0;
    this.#writer.patchU16(this.#lastStart + flagsOffset, NLM_F_REQUEST | NLM_F_ACK | flags, 'message flags');
    return this.#writer.finish();
  }

  /** The last request was answered. */
  get complete(): boolean {
    return !this.#waiting.has(this.#lastSequence);
  }

  /** Takes one message; those of other requests are passed over. @throws CodecError when an answer is malformed */
  take(message: NetlinkMessage): void {
    const sent = this.#waiting.get(message.sequence);
    if (sent === undefined || message.type !== NLMSG_ERROR) return;
    this.#waiting.delete(message.sequence);
    const { errno, extack } = decodeErrorReply(message);
    if (errno === 0) return;
    this.#results[sent.index] = replyError(sent.request.operation, errno, message.sequence, extack);
  }

  /** Answers were lost: whatever has none may or may not have been done. */
  endWithOverrun(cause: unknown): void {
    const reason = 'the answer was lost, it may or may not have been done';
    for (const [sequence, { request, index }] of this.#waiting) {
      this.#results[index] = netlinkError('ERR_NETLINK_OVERRUN', request.operation, reason, sequence, cause);
    }
  }

  /** The last request got no answer, although all were run. */
  endWithTimeout(waitedMs: number): void {
    const last = this.#waiting.get(this.#lastSequence);
    if (last === undefined) return;
    const reason = `no answer within ${waitedMs} ms`;
    const { operation } = last.request;
    this.#results[last.index] = netlinkError('ERR_NETLINK_TIMEOUT', operation, reason, this.#lastSequence);
  }
}
