/** Many requests in one datagram, and which answer belongs to which. No input or output. */
import { NLM_F_ACK, NLM_F_REQUEST, NLMSG_ERROR } from './constants.js';
import { CodecError, netlinkError, replyError } from './errors.js';
import { beginMessage, decodeErrorReply, endMessage } from './message.js';
import type { NetlinkMessage } from './message.js';
import type { NetlinkRequest } from './request.js';
import type { Writer } from './writer.js';

/** Offset of the flags in a message's header. */
const flagsOffset = 6;

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
  /** Index of the first request's result. */
  readonly #firstIndex: number;
  readonly #firstSequence: number;
  /** By sequence number from the first on; those that could not be encoded are among them, so that places agree. */
  readonly #requests: NetlinkRequest[] = [];
  readonly #answered = new Set<number>();
  /** Place of the last request that is in the datagram. */
  #last = -1;
  #lastStart = 0;

  /** @param results where errors are appended, or null for done, one a request */
  constructor(writer: Writer, maxBytes: number, results: (Error | null)[], firstSequence: number) {
    writer.reset();
    this.#writer = writer;
    this.#maxBytes = maxBytes;
    this.#results = results;
    this.#firstIndex = results.length;
    this.#firstSequence = firstSequence;
  }

  /** Count of requests, with those that could not be encoded. */
  get size(): number {
    return this.#requests.length;
  }

  /** There is something to send. */
  get filled(): boolean {
    return this.#last >= 0;
  }

  /**
   * Appends a request. One that cannot be encoded gets its CodecError as result and takes no room.
   *
   * @returns false when it does not fit any more, and nothing was appended
   */
  add(request: NetlinkRequest): boolean {
    const writer = this.#writer;
    const start = writer.length;
    const place = this.#requests.length;
    try {
      const sequence = this.#firstSequence + place;
      beginMessage(writer, request.type, NLM_F_REQUEST | (request.flags ?? 0), sequence);
      request.encode(writer);
      endMessage(writer, start);
    } catch (error) {
      if (!(error instanceof CodecError)) throw error;
      writer.reset(start);
      this.#requests.push(request);
      this.#results.push(error);
      return true;
    }
    if (writer.length > this.#maxBytes && this.filled) {
      writer.reset(start);
      return false;
    }
    this.#requests.push(request);
    this.#results.push(null);
    this.#last = place;
    this.#lastStart = start;
    return true;
  }

  /** Its bytes, with the acknowledgement asked for: a view of the writer. */
  finish(): Uint8Array {
    const flags = NLM_F_REQUEST | NLM_F_ACK | (this.#requests[this.#last]?.flags ?? 0);
    this.#writer.patchU16(this.#lastStart + flagsOffset, flags, 'message flags');
    return this.#writer.finish();
  }

  /** The last request was answered. */
  get complete(): boolean {
    return this.#answered.has(this.#last);
  }

  /** Takes one message; those of other requests are passed over. @throws CodecError when an answer is malformed */
  take(message: NetlinkMessage): void {
    const place = message.sequence - this.#firstSequence;
    const request = this.#requests[place];
    if (request === undefined || message.type !== NLMSG_ERROR) return;
    const { errno, extack } = decodeErrorReply(message);
    this.#answered.add(place);
    if (errno === 0) return;
    this.#results[this.#firstIndex + place] = replyError(request.operation, errno, message.sequence, extack);
  }

  /** Answers were lost: whatever has none may or may not have been done. */
  endWithOverrun(cause: unknown): void {
    const reason = 'the answer was lost, it may or may not have been done';
    this.#requests.forEach((request, place) => {
      const index = this.#firstIndex + place;
      if (this.#answered.has(place) || this.#results[index] !== null) return;
      const sequence = this.#firstSequence + place;
      this.#results[index] = netlinkError('ERR_NETLINK_OVERRUN', request.operation, reason, sequence, cause);
    });
  }

  /** The last request got no answer, although all were run. */
  endWithTimeout(waitedMs: number): void {
    const request = this.#requests[this.#last];
    if (request === undefined || this.complete) return;
    const reason = `no answer within ${waitedMs} ms`;
    const sequence = this.#firstSequence + this.#last;
    const error = netlinkError('ERR_NETLINK_TIMEOUT', request.operation, reason, sequence);
    this.#results[this.#firstIndex + this.#last] = error;
  }
}
