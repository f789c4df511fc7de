/**
 * The other end of the native seam for tests: a kernel that answers each datagram as a script says. Nothing waits: what the
 * script does not deliver does not come.
 */
import { SyscallError } from '../../native/libc/errno.js';
import type { Transport } from '../../native/netlink/transport.js';
import { concat, i32, message, attribute, readMessages, text, u32 } from './scripted-messages.js';
import type { SeenMessage } from './scripted-messages.js';

const NLMSG_NOOP = 1;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const NLMSG_OVERRUN = 4;
const NLM_F_MULTI = 0x02;
const NLM_F_ACK = 0x04;
const NLM_F_DUMP_INTR = 0x10;
const NLM_F_CAPPED = 0x100;
const NLM_F_ACK_TLVS = 0x200;
const ENOBUFS = 105;
const EBADF = 9;

/** One message of an answer, made for the request that it answers: it takes over the sequence number. */
export type Reply = (request: SeenMessage) => Uint8Array;

/** What one receive gives: bytes, a message, several messages in one datagram, or an error that it throws. */
export type Delivery = Uint8Array | SyscallError | Reply | readonly Reply[];

/** Everything that becomes ready to be received once a datagram was sent. Replies answer its first request. */
export type Step = readonly Delivery[] | ((requests: readonly SeenMessage[]) => readonly Delivery[]);

export interface SentDatagram {
  readonly bytes: Uint8Array;
  readonly messages: readonly SeenMessage[];
}

const poison = 0xdb;

/** Gives what it receives as the real transport does: in one buffer, which the next call overwrites. */
export class ScriptedKernel implements Transport {
  readonly #script: Step[];
  readonly #otherwise: Step | null;
  readonly #queue: (Uint8Array | SyscallError)[] = [];
  #buffer = new Uint8Array(64 * 1024);
  /** What was sent, in order. */
  readonly sent: SentDatagram[] = [];
  /** How long each receive was ready to wait. */
  readonly waits: number[] = [];
  /** How often it was closed. */
  closed = 0;

  /**
   * @param script a step for each datagram
   * @param otherwise the step for every datagram behind the script; without it such a datagram is an error
   */
  constructor(script: readonly Step[], otherwise: Step | null = null) {
    this.#script = [...script];
    this.#otherwise = otherwise;
  }

  send(datagram: Uint8Array): void {
    this.#refuseWhenClosed('sendmsg');
    const bytes = datagram.slice();
    const messages = readMessages(bytes);
    this.sent.push({ bytes, messages });
    const step = this.#script.shift() ?? this.#otherwise;
    if (step === null) throw new Error(`the script has no answer to datagram ${this.sent.length}`);
    const deliveries = typeof step === 'function' ? step(messages) : step;
    for (const delivery of deliveries) this.#queue.push(this.#materialize(delivery, messages));
  }

  receive(waitMs: number): Uint8Array | null {
    this.#refuseWhenClosed('recvmsg');
    this.waits.push(waitMs);
    this.#buffer.fill(poison);
    const delivery = this.#queue.shift();
    if (delivery === undefined) return null;
    if (delivery instanceof SyscallError) throw delivery;
    if (delivery.length > this.#buffer.length) this.#buffer = new Uint8Array(delivery.length);
    this.#buffer.set(delivery);
    return this.#buffer.subarray(0, delivery.length);
  }

  close(): void {
    this.closed++;
  }

  /** Requests that were sent, over all datagrams, without the barriers behind batches. */
  get requests(): SeenMessage[] {
    return this.sent.flatMap(({ messages }) => messages.filter((message) => !isBarrier(message)));
  }

  /** Steps that no datagram came for, and deliveries that nobody received. */
  get unused(): number {
    return this.#script.length + this.#queue.length;
  }

  #refuseWhenClosed(syscall: string): void {
    if (this.closed > 0) throw new SyscallError(syscall, EBADF, 'scripted kernel');
  }

  #materialize(delivery: Delivery, requests: readonly SeenMessage[]): Uint8Array | SyscallError {
    if (delivery instanceof Uint8Array || delivery instanceof SyscallError) return delivery;
    const [request] = requests;
    if (request === undefined) throw new Error('an empty datagram was sent');
    return typeof delivery === 'function'
      ? delivery(request)
      : concat(...delivery.map((reply) => reply(request)));
  }
}

export interface Refusal {
  /** Extended-ACK text. */
  readonly text?: string;
  /** Extended-ACK offset. */
  readonly offset?: number;
  /** Repeats the request whole, as kernels do that do not know `NETLINK_CAP_ACK`. */
  readonly uncapped?: boolean;
}

/** The kernel's refusal; errno 0 is its acknowledgement. */
export function refuse(errno: number, { text: words, offset, uncapped = false }: Refusal = {}): Reply {
  const extack = concat(
    words === undefined ? new Uint8Array() : attribute(1, text(words)),
    offset === undefined ? new Uint8Array() : attribute(2, u32(offset)),
  );
  const flags = (uncapped ? 0 : NLM_F_CAPPED) | (extack.length > 0 ? NLM_F_ACK_TLVS : 0);
  return ({ sequence, bytes }) => {
    const repeated = concat(uncapped ? bytes : bytes.slice(0, 16));
    const gap = new Uint8Array((4 - (repeated.length % 4)) % 4);
    return message({ type: NLMSG_ERROR, flags, sequence }, i32(-errno), repeated, gap, extack);
  };
}

export const ack: Reply = refuse(0);

/** One message of an answer that is no list. */
export function reply(type: number, ...payload: readonly Uint8Array[]): Reply {
  return ({ sequence }) => message({ type, sequence }, ...payload);
}

/** One message of a dump. */
export function entry(type: number, ...payload: readonly Uint8Array[]): Reply {
  return ({ sequence }) => message({ type, flags: NLM_F_MULTI, sequence }, ...payload);
}

/** The end of a dump, or with an errno its breaking off. */
export function done(errno = 0, words?: string): Reply {
  const flags = NLM_F_MULTI | (words === undefined ? 0 : NLM_F_ACK_TLVS);
  const extack = words === undefined ? new Uint8Array() : attribute(1, text(words));
  return ({ sequence }) => message({ type: NLMSG_DONE, flags, sequence }, i32(-errno), extack);
}

/** The same message with the mark of a list that changed under way. */
export function interrupted(original: Reply): Reply {
  return (request) => {
    const bytes = original(request).slice();
    const flags = new Uint16Array(bytes.buffer, 6, 1);
    flags[0] = (flags[0] ?? 0) | NLM_F_DUMP_INTR;
    return bytes;
  };
}

/** The same message as the answer to another request, or with 0 as a notice. */
export function stray(original: Reply, sequence: number): Reply {
  return (request) => original({ ...request, sequence });
}

export const noop: Reply = ({ sequence }) => message({ type: NLMSG_NOOP, sequence });
export const overrunMessage: Reply = ({ sequence }) => message({ type: NLMSG_OVERRUN, sequence });

/** The receive buffer was full: answers were dropped. */
export function overrun(): SyscallError {
  return new SyscallError('recvmsg', ENOBUFS, 'scripted kernel');
}

/** The message behind a batch, which does nothing and is acknowledged in any case. */
function isBarrier({ type }: SeenMessage): boolean {
  return type === NLMSG_NOOP;
}

/**
 * Answers a datagram of many requests as the kernel does, each answer a datagram of its own: an errno refuses, 0 is
 * acknowledged where that was asked for, null is silence. The barrier behind them is acknowledged.
 */
export function answerEach(outcome: (request: SeenMessage, index: number) => number | null): Step {
  return (requests) =>
    requests.flatMap((request, index) => {
      const errno = isBarrier(request) ? 0 : outcome(request, index);
      if (errno === null || (errno === 0 && (request.flags & NLM_F_ACK) === 0)) return [];
      return [refuse(errno)(request)];
    });
}
