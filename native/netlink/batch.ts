/** Many requests in one datagram, and which answer belongs to which. No input or output. */
import { NLM_F_ACK, NLM_F_REQUEST, NLMSG_ERROR, NLMSG_NOOP } from './constants.js';
import { netlinkError, replyError } from './errors.js';
import type { NetlinkError } from './errors.js';
import { beginMessage, decodeErrorReply, endMessage } from './message.js';
import type { NetlinkMessage } from './message.js';
import type { NetlinkRequest } from './request.js';
import type { Writer } from './writer.js';

/**
 * One datagram of a batch: filled with `add`, sent, then given its answers with `take`.
 *
 * No request asks for an acknowledgement. Behind the last one comes a message that does nothing, and does: the kernel runs a
 * datagram in order and acknowledges such a message whatever happened before, so silence about a request means done once that
 * barrier has been answered. (An acknowledgement asked of a request itself is dropped when the request ends with EINTR.)
 *
 * @see net/netlink/af_netlink.c (netlink_rcv_skb)
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
  #filled = false;
  #complete = false;

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

  /** Sequence numbers that it uses up. */
  get sequences(): number {
    return this.#requests.length + 1;
  }

  /** There is something to send. */
  get filled(): boolean {
    return this.#filled;
  }

  /**
   * Appends a request. One that cannot be encoded gets the encoder's error as result and takes no room.
   *
   * @returns false when it does not fit any more, and nothing was appended
   */
  add(request: NetlinkRequest): boolean {
    const writer = this.#writer;
    const start = writer.length;
    const sequence = this.#firstSequence + this.#requests.length;
    try {
      beginMessage(writer, request.type, NLM_F_REQUEST | (request.flags ?? 0), sequence);
      request.encode(writer);
      endMessage(writer, start);
    } catch (error) {
      writer.reset(start);
      this.#append(request, error as Error);
      return true;
    }
    if (writer.length > this.#maxBytes && this.#filled) {
      writer.reset(start);
      return false;
    }
    this.#append(request, null);
    this.#filled = true;
    return true;
  }

  /** Its bytes, with the barrier: a view of the writer. */
  finish(): Uint8Array {
    const start = beginMessage(this.#writer, NLMSG_NOOP, NLM_F_REQUEST | NLM_F_ACK, this.#barrier);
    endMessage(this.#writer, start);
    return this.#writer.finish();
  }

  /** The barrier was answered. */
  get complete(): boolean {
    return this.#complete;
  }

  /** Takes one message; those of other requests are passed over. @throws CodecError when an answer is malformed */
  take(message: NetlinkMessage): void {
    if (message.type !== NLMSG_ERROR) return;
    if (message.sequence === this.#barrier) this.#complete = true;
    const place = message.sequence - this.#firstSequence;
    const request = this.#requests[place];
    if (request === undefined) return;
    const { errno, extack } = decodeErrorReply(message);
    this.#answered.add(place);
    if (errno === 0) return;
    this.#results[this.#firstIndex + place] = replyError(request.operation, errno, message.sequence, extack);
  }

  /** Answers were lost: what has none may or may not have been done. */
  endWithOverrun(cause: unknown): void {
    const reason = 'the answer was lost, it may or may not have been done';
    this.#endUnanswered((operation, sequence) =>
      netlinkError('ERR_NETLINK_OVERRUN', operation, reason, sequence, cause),
    );
  }

  /** Not even the barrier was answered: what has no answer may or may not have been done. */
  endWithTimeout(waitedMs: number): void {
    const reason = `no answer within ${waitedMs} ms, it may or may not have been done`;
    this.#endUnanswered((operation, sequence) =>
      netlinkError('ERR_NETLINK_TIMEOUT', operation, reason, sequence),
    );
  }

  get #barrier(): number {
    return this.#firstSequence + this.#requests.length;
  }

  #append(request: NetlinkRequest, result: Error | null): void {
    this.#requests.push(request);
    this.#results.push(result);
  }

  #endUnanswered(errorOf: (operation: string, sequence: number) => NetlinkError): void {
    this.#requests.forEach((request, place) => {
      const index = this.#firstIndex + place;
      if (this.#answered.has(place) || this.#results[index] !== null) return;
      this.#results[index] = errorOf(request.operation, this.#firstSequence + place);
    });
  }
}
