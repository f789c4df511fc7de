/**
 * Requests and their answers over one transport: sequence numbers, dumps begun anew when they were disturbed, many requests
 * in one datagram.
 */
import { SyscallError } from '../libc/errno.js';
import { BatchDatagram } from './batch.js';
import {
  NLM_F_ACK,
  NLM_F_DUMP,
  NLM_F_REQUEST,
  NLMSG_DONE,
  NLMSG_ERROR,
  NLMSG_NOOP,
  NLMSG_OVERRUN,
} from './constants.js';
import { DumpCollector } from './dump.js';
import { CodecError, netlinkError, replyError } from './errors.js';
import type { NetlinkError } from './errors.js';
import { beginMessage, decodeErrorReply, endMessage, splitDatagram } from './message.js';
import type { NetlinkMessage } from './message.js';
import type { NetlinkRequest } from './request.js';
import type { Transport } from './transport.js';
import { Writer } from './writer.js';

export interface ConnectionLimits {
  /** How long to wait for an answer. The kernel answers inside the send, so what is not there by then rarely comes. */
  readonly replyTimeoutMs: number;
  /** How often a dump that was interrupted or lost answers is begun. */
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

const maxSequence = 0xffffffff;

/**
 * Speaks to the kernel over a transport that it owns.
 *
 * Synchronous: each method returns when the answer is complete, so two requests never mix. Answers to requests that were
 * given up are told by their sequence number and dropped.
 */
export class NetlinkConnection {
  readonly #transport: Transport;
  readonly #limits: ConnectionLimits;
  readonly #writer: Writer;
  #sequence: number;
  #busy = false;

  /** @param firstSequence where to begin counting, 1..2^32-1 */
  constructor(transport: Transport, limits: Partial<ConnectionLimits> = {}, firstSequence = 1) {
    this.#transport = transport;
    this.#limits = { ...defaultLimits, ...limits };
    this.#writer = new Writer();
    this.#sequence = firstSequence;
  }

  /**
   * Asks one question, or gives one order, and waits until it is acknowledged.
   *
   * @returns the messages that came before the acknowledgement, decoded
   * @throws NetlinkError `ERR_NETLINK_REPLY` when the kernel refused, `ERR_NETLINK_TIMEOUT`, `ERR_NETLINK_OVERRUN`;
   *   CodecError; SyscallError
   */
  request<T>(request: NetlinkRequest, decode: (message: NetlinkMessage) => T): T[] {
    return this.#exclusively(() => this.#request(request, decode));
  }

  #request<T>(request: NetlinkRequest, decode: (message: NetlinkMessage) => T): T[] {
    const { operation } = request;
    const sequence = this.#send(request, NLM_F_ACK);
    const replies: T[] = [];
    for (;;) {
      for (const message of this.#receiveAnswer(operation, sequence)) {
        if (message.sequence !== sequence) continue;
        if (message.type === NLMSG_ERROR) {
          const { errno, extack } = decodeErrorReply(message);
          if (errno === 0) return replies;
          throw replyError(operation, errno, sequence, extack);
        }
        if (message.type === NLMSG_DONE) {
          const reason = 'the kernel answered with a dump';
          throw netlinkError('ERR_NETLINK_PROTOCOL', operation, reason, sequence);
        }
        if (message.type === NLMSG_OVERRUN) throw overrunError(operation, sequence);
        replies.push(decode(message));
      }
    }
  }

  /**
   * Lists what the kernel has. Begun anew when the list changed under way (`NLM_F_DUMP_INTR`) or answers were lost.
   *
   * @throws NetlinkError `ERR_NETLINK_REPLY`, `ERR_NETLINK_INTERRUPTED`, `ERR_NETLINK_OVERRUN`, `ERR_NETLINK_TIMEOUT`;
   *   CodecError; SyscallError
   */
  dump<T>(request: NetlinkRequest, decode: (message: NetlinkMessage) => T): T[] {
    for (let attempt = 1; ; attempt++) {
      const sequence = this.#sequence;
      const outcome = this.#exclusively(() => this.#dumpOnce(request, decode));
      if (Array.isArray(outcome)) return outcome;
      if (attempt >= this.#limits.dumpAttempts) {
        const what = outcome === 'ERR_NETLINK_OVERRUN' ? 'answers were lost in' : 'it changed during';
        const reason = `${what} each of ${attempt} attempts`;
        throw netlinkError(outcome, request.operation, reason, sequence);
      }
    }
  }

  /**
   * Runs many requests in order, many to a datagram. The kernel runs what follows a refused one all the same.
   *
   * A datagram whose answers were lost, or did not come, gives `ERR_NETLINK_OVERRUN` or `ERR_NETLINK_TIMEOUT` for each request
   * of it that has none: it may or may not have been done.
   *
   * @returns for each request null, or why it failed; one that cannot be encoded gets the encoder's error and is not sent
   * @throws SyscallError when a datagram cannot be sent or received; CodecError when an answer is malformed
   */
  batch(requests: Iterable<NetlinkRequest>): (Error | null)[] {
    return this.#exclusively(() => this.#batch(requests));
  }

  #batch(requests: Iterable<NetlinkRequest>): (Error | null)[] {
    const results: (Error | null)[] = [];
    let datagram = this.#emptyDatagram(results);
    for (const request of requests) {
      const full = datagram.size >= this.#limits.datagramRequests;
      if (full || !datagram.add(request)) {
        this.#exchange(datagram);
        datagram = this.#emptyDatagram(results);
        datagram.add(request);
      }
    }
    this.#exchange(datagram);
    return results;
  }

  /** May be called twice. Never throws. */
  close(): void {
    this.#transport.close();
  }

  /** The writer holds one datagram: neither `encode` nor a list that is made while it is read may ask questions. */
  #exclusively<T>(action: () => T): T {
    if (this.#busy) throw new Error('netlink connection is used from within a request');
    this.#busy = true;
    try {
      return action();
    } finally {
      this.#busy = false;
    }
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
    this.#sequence = sequence >= maxSequence ? 1 : sequence + 1;
    return sequence;
  }

  /** The next datagram's messages. @throws NetlinkError `ERR_NETLINK_TIMEOUT`, `ERR_NETLINK_OVERRUN` */
  #receiveAnswer(operation: string, sequence: number): NetlinkMessage[] {
    const received = this.#receive(this.#limits.replyTimeoutMs);
    if (received === null) throw this.#timeoutError(operation, sequence);
    if (Array.isArray(received)) return received;
    this.#drain();
    throw overrunError(operation, sequence, received.overrun);
  }

  /** Until the queue is empty the kernel drops further answers without a word. */
  #drain(): void {
    while (this.#receive(0) !== null);
  }

  /** Messages, null when none came in time, or the error that says that some were lost. */
  #receive(waitMs: number): NetlinkMessage[] | null | { readonly overrun: SyscallError } {
    try {
      const datagram = this.#transport.receive(waitMs);
      return datagram && splitDatagram(datagram).filter((message) => message.type !== NLMSG_NOOP);
    } catch (error) {
      if (error instanceof SyscallError && error.details.errno === 'ENOBUFS') return { overrun: error };
      throw error;
    }
  }

  #dumpOnce<T>(
    request: NetlinkRequest,
    decode: (message: NetlinkMessage) => T,
  ): ReturnType<DumpCollector<T>['result']> {
    const sequence = this.#send(request, NLM_F_DUMP);
    const dump = new DumpCollector(request.operation, sequence, decode);
    while (!dump.complete) this.#feed(dump, request.operation, sequence);
    return dump.result();
  }

  /** Gives a dump what comes next. Bytes that cannot be read are noted there, for what is behind them must be read too. */
  #feed(dump: DumpCollector<unknown>, operation: string, sequence: number): void {
    try {
      const received = this.#receive(this.#limits.replyTimeoutMs);
      if (received === null) dump.endWithout(this.#timeoutError(operation, sequence));
      else if (Array.isArray(received)) received.forEach((message) => dump.take(message));
      else dump.noteOverrun();
    } catch (error) {
      if (!(error instanceof CodecError)) throw error;
      dump.noteFault(error);
    }
  }

  #timeoutError(operation: string, sequence: number): NetlinkError {
    const reason = `no answer within ${this.#limits.replyTimeoutMs} ms`;
    return netlinkError('ERR_NETLINK_TIMEOUT', operation, reason, sequence);
  }

  #emptyDatagram(results: (Error | null)[]): BatchDatagram {
    // its numbers run on without a gap, so they begin anew in good time
    if (this.#sequence >= maxSequence - this.#limits.datagramRequests) this.#sequence = 1;
    return new BatchDatagram(this.#writer, this.#limits.datagramBytes, results, this.#sequence);
  }

  #exchange(datagram: BatchDatagram): void {
    if (!datagram.filled) return;
    this.#sequence += datagram.sequences;
    this.#transport.send(datagram.finish());
    let overrun: SyscallError | null = null;
    while (!datagram.complete) {
      // behind lost answers nothing more comes than what is there
      const received = this.#receive(overrun === null ? this.#limits.replyTimeoutMs : 0);
      if (received === null) break;
      if (Array.isArray(received)) received.forEach((message) => datagram.take(message));
      else overrun = received.overrun;
    }
    if (overrun !== null) datagram.endWithOverrun(overrun);
    else if (!datagram.complete) datagram.endWithTimeout(this.#limits.replyTimeoutMs);
  }
}

function overrunError(operation: string, sequence: number, cause?: SyscallError): NetlinkError {
  return netlinkError('ERR_NETLINK_OVERRUN', operation, 'answers were lost', sequence, cause);
}
