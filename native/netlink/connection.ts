/**
 * Requests and their answers over one transport: sequence numbers, dumps collected and retried, many requests in one
 * datagram with each error at its request.
 */
import { align, NLM_F_ACK, NLM_F_DUMP, NLM_F_DUMP_INTR, NLM_F_REQUEST } from './constants.js';
import { NLMSG_DONE, NLMSG_ERROR, NLMSG_NOOP, NLMSG_OVERRUN } from './constants.js';
import { CodecError, NetlinkError, replyError } from './errors.js';
import type { NetlinkErrorCode } from './errors.js';
import { beginMessage, decodeDone, decodeErrorReply, endMessage, splitDatagram } from './message.js';
import type { ErrorReply, NetlinkMessage } from './message.js';
import { SyscallError } from '../libc/errno.js';
import type { Transport } from './transport.js';
import { Writer } from './writer.js';

export interface ConnectionLimits {
  /** How long to wait for an answer. The kernel answers inside the send, so what is not there by then rarely comes. */
  readonly replyTimeoutMs: number;
  /** How often a dump that was interrupted or lost answers is begun anew. */
  readonly dumpAttempts: number;
  /** A datagram of a batch holds no more than this, but at least one request. */
  readonly datagramBytes: number;
  /** And no more requests than have room in the receive buffer if every one of them fails. */
  readonly datagramRequests: number;
}

const defaultLimits: ConnectionLimits = {
  replyTimeoutMs: 1000,
  dumpAttempts: 5,
  datagramBytes: 64 * 1024,
  // an error reply takes about 800 bytes of the socket's default 212,992
  datagramRequests: 208,
};

/** One request: what it is called in errors, its message type, and what follows the header. */
export interface NetlinkRequest {
  /** `add service tcp:192.0.2.1:80`. */
  readonly operation: string;
  readonly type: number;
  /** Beside `NLM_F_REQUEST`, which is always set, and `NLM_F_ACK` and `NLM_F_DUMP`, which the methods set. */
  readonly flags?: number;
  /** Writes the payload. @throws CodecError */
  readonly encode: (writer: Writer) => void;
}

/**
 * Speaks to the kernel over a transport that it owns.
 *
 * Synchronous: each method returns when the answer is complete, so two requests never mix. Answers to requests that were
 * given up (a time limit) are told by their sequence number and dropped.
 */
export class NetlinkConnection {
  readonly #transport: Transport;
  readonly #limits: ConnectionLimits;
  readonly #writer = new Writer(16 * 1024);
  #sequence: number;

  /** @param firstSequence where to begin counting; two processes need not differ, since each has its own port */
  constructor(transport: Transport, limits: Partial<ConnectionLimits> = {}, firstSequence = 1) {
    this.#transport = transport;
    this.#limits = { ...defaultLimits, ...limits };
    this.#sequence = firstSequence;
  }

  /**
   * Asks one question, or gives one order, and waits until it is acknowledged.
   *
   * @returns the messages that came before the acknowledgement, decoded
   * @throws NetlinkError `ERR_NETLINK_REPLY` when the kernel refused; CodecError; SyscallError
   */
  request<T>(request: NetlinkRequest, decode: (message: NetlinkMessage) => T): T[] {
    const sequence = this.#send(request, NLM_F_ACK);
    const replies: T[] = [];
    for (;;) {
      for (const message of this.#receive(request.operation, sequence)) {
        if (message.sequence !== sequence) continue;
        if (message.type === NLMSG_ERROR) {
          this.#throwRefusal(request.operation, sequence, decodeErrorReply(message));
          return replies;
        }
        if (message.type === NLMSG_DONE) {
          throw this.#error('ERR_NETLINK_PROTOCOL', 'the kernel answered with a dump', request, sequence);
        }
        replies.push(decode(message));
      }
    }
  }

  /**
   * Lists what the kernel has. Begun anew when the list changed under way (`NLM_F_DUMP_INTR`) or answers were lost.
   *
   * @throws NetlinkError `ERR_NETLINK_REPLY`, `ERR_NETLINK_INTERRUPTED`, `ERR_NETLINK_OVERRUN`; CodecError; SyscallError
   */
  dump<T>(request: NetlinkRequest, decode: (message: NetlinkMessage) => T): T[] {
    for (let attempt = 1; ; attempt++) {
      const outcome = this.#dumpOnce(request, decode);
      if (Array.isArray(outcome)) return outcome;
      if (attempt >= this.#limits.dumpAttempts) {
        const reason =
          outcome === 'ERR_NETLINK_OVERRUN'
            ? `answers were lost in each of ${attempt} attempts`
            : `it changed during each of ${attempt} attempts`;
        throw this.#error(outcome, reason, request, this.#sequence);
      }
    }
  }

  /**
   * Runs many requests in order, many to a datagram. The kernel runs what follows a refused one all the same.
   *
   * Only the last of a datagram asks for an acknowledgement: silence about the others means done. A datagram whose answers
   * were lost gives `ERR_NETLINK_OVERRUN` for each request of it that has none: it may or may not have been done.
   *
   * A last request without any answer gets `ERR_NETLINK_TIMEOUT`.
   *
   * @returns for each request null, or why it failed; a request that cannot be encoded gets its CodecError and is not sent
   * @throws SyscallError when a datagram cannot be sent
   */
  batch(requests: readonly NetlinkRequest[]): (Error | null)[] {
    const results = new Array<Error | null>(requests.length).fill(null);
    for (let next = 0; next < requests.length;) next = this.#sendSlice(requests, next, results);
    return results;
  }

  /** May be called twice. Never throws. */
  close(): void {
    this.#transport.close();
  }

  #send(request: NetlinkRequest, flags: number): number {
    const sequence = this.#nextSequence();
    this.#writer.reset();
    const all = NLM_F_REQUEST | flags | (request.flags ?? 0);
    const start = beginMessage(this.#writer, request.type, all, sequence);
    request.encode(this.#writer);
    endMessage(this.#writer, start);
    this.#transport.send(this.#writer.finish());
    return sequence;
  }

  /** Sequence 0 is the kernel's own, in notices. */
  #nextSequence(): number {
    const sequence = this.#sequence;
    this.#sequence = sequence >= 0xffffffff ? 1 : sequence + 1;
    return sequence;
  }

  /** The next datagram's messages. @throws NetlinkError `ERR_NETLINK_TIMEOUT`, `ERR_NETLINK_OVERRUN` */
  #receive(operation: string, sequence: number): NetlinkMessage[] {
    let datagram: Uint8Array | null;
    try {
      datagram = this.#transport.receive(this.#limits.replyTimeoutMs);
    } catch (error) {
      if (!isOverrun(error)) throw error;
      throw this.#error('ERR_NETLINK_OVERRUN', 'answers were lost', { operation }, sequence, error);
    }
    if (datagram === null) throw this.#timeout(operation, sequence);
    return splitDatagram(datagram).filter((message) => message.type !== NLMSG_NOOP);
  }

  /** One attempt. A decoding error is thrown only behind the dump's end: an unread dump would refuse the next one. */
  #dumpOnce<T>(
    request: NetlinkRequest,
    decode: (message: NetlinkMessage) => T,
  ): T[] | 'ERR_NETLINK_OVERRUN' | 'ERR_NETLINK_INTERRUPTED' {
    const sequence = this.#send(request, NLM_F_DUMP);
    const entries: T[] = [];
    const faults: unknown[] = [];
    let interrupted = false;
    let overrun = false;
    for (;;) {
      try {
        for (const message of this.#receive(request.operation, sequence)) {
          if (message.sequence !== sequence) continue;
          if ((message.flags & NLM_F_DUMP_INTR) !== 0) interrupted = true;
          if (message.type === NLMSG_OVERRUN) overrun = true;
          else if (message.type === NLMSG_ERROR || message.type === NLMSG_DONE) {
            const reply = message.type === NLMSG_DONE ? decodeDone(message) : decodeErrorReply(message);
            this.#throwRefusal(request.operation, sequence, reply);
            if (overrun) return 'ERR_NETLINK_OVERRUN';
            if (interrupted) return 'ERR_NETLINK_INTERRUPTED';
            if (faults.length > 0) throw faults[0];
            return entries;
          } else if (faults.length === 0) collect(message, decode, entries, faults);
        }
      } catch (error) {
        if (!(error instanceof NetlinkError) || error.code !== 'ERR_NETLINK_OVERRUN') throw error;
        overrun = true;
      }
    }
  }

  /** Fills and sends one datagram from `first` on; gives the index of the first request that it does not hold. */
  #sendSlice(requests: readonly NetlinkRequest[], first: number, results: (Error | null)[]): number {
    const writer = this.#writer;
    writer.reset();
    const sent: { readonly index: number; readonly sequence: number }[] = [];
    let lastStart = 0;
    let index = first;
    for (; index < requests.length && sent.length < this.#limits.datagramRequests; index++) {
      const request = requests[index];
      if (request === undefined) break;
      const before = writer.length;
      try {
        const sequence = this.#sequence;
        const start = beginMessage(writer, request.type, NLM_F_REQUEST | (request.flags ?? 0), sequence);
        request.encode(writer);
        endMessage(writer, start);
        if (align(writer.length) > this.#limits.datagramBytes && sent.length > 0) {
          writer.reset(before);
          break;
        }
        this.#nextSequence();
        sent.push({ index, sequence });
        lastStart = start;
      } catch (error) {
        if (!(error instanceof CodecError)) throw error;
        writer.reset(before);
        results[index] = error;
      }
    }
    if (sent.length > 0) {
      const last = requests[sent.at(-1)?.index ?? 0];
      const flagsOffset = lastStart + 6;
      writer.patchU16(flagsOffset, NLM_F_REQUEST | NLM_F_ACK | (last?.flags ?? 0), 'message flags');
      this.#transport.send(writer.finish());
      this.#collectErrors(requests, sent, results);
    }
    return index;
  }

  #collectErrors(
    requests: readonly NetlinkRequest[],
    sent: readonly { readonly index: number; readonly sequence: number }[],
    results: (Error | null)[],
  ): void {
    const waiting = new Map(sent.map(({ index, sequence }) => [sequence, index]));
    const lastSequence = sent.at(-1)?.sequence ?? 0;
    let overrun: unknown = null;
    while (waiting.has(lastSequence)) {
      let datagram: Uint8Array | null;
      try {
        datagram = this.#transport.receive(overrun === null ? this.#limits.replyTimeoutMs : 0);
      } catch (error) {
        if (!isOverrun(error)) throw error;
        overrun = error;
        continue;
      }
      if (datagram === null) break;
      for (const message of splitDatagram(datagram)) {
        const index = waiting.get(message.sequence);
        if (index === undefined || message.type !== NLMSG_ERROR) continue;
        waiting.delete(message.sequence);
        const { errno, extack } = decodeErrorReply(message);
        const operation = requests[index]?.operation ?? '';
        if (errno !== 0) results[index] = replyError(operation, errno, message.sequence, extack);
      }
    }
    for (const [sequence, index] of waiting) {
      const operation = requests[index]?.operation ?? '';
      if (overrun !== null) {
        const reason = 'the answer was lost, it may or may not have been done';
        results[index] = this.#error('ERR_NETLINK_OVERRUN', reason, { operation }, sequence, overrun);
      } else if (sequence === lastSequence) {
        results[index] = this.#timeout(operation, sequence);
      }
    }
  }

  #throwRefusal(operation: string, sequence: number, reply: ErrorReply): void {
    if (reply.errno !== 0) throw replyError(operation, reply.errno, sequence, reply.extack);
  }

  #timeout(operation: string, sequence: number): NetlinkError {
    const reason = `no answer within ${this.#limits.replyTimeoutMs} ms`;
    return this.#error('ERR_NETLINK_TIMEOUT', reason, { operation }, sequence);
  }

  #error(
    code: NetlinkErrorCode,
    reason: string,
    request: { readonly operation: string },
    sequence: number,
    cause?: unknown,
  ): NetlinkError {
    const nothing = { errno: null, errnoNumber: 0, extackText: null, extackOffset: null };
    const details = { operation: request.operation, sequence, ...nothing };
    return new NetlinkError(code, reason, details, cause === undefined ? {} : { cause });
  }
}

function isOverrun(error: unknown): boolean {
  return error instanceof SyscallError && error.details.errno === 'ENOBUFS';
}

function collect<T>(
  message: NetlinkMessage,
  decode: (message: NetlinkMessage) => T,
  entries: T[],
  faults: unknown[],
): void {
  try {
    entries.push(decode(message));
  } catch (error) {
    faults.push(error);
  }
}
