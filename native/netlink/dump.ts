/** Collects the answer to one dump: what came, and whether it can be believed. No input or output. */
import { NLM_F_DUMP_INTR, NLMSG_DONE, NLMSG_ERROR, NLMSG_OVERRUN } from './constants.js';
import { replyError } from './errors.js';
import type { NetlinkError } from './errors.js';
import { decodeDone, decodeErrorReply } from './message.js';
import type { ErrorReply, NetlinkMessage } from './message.js';

/** Why a dump must be begun anew. */
export type DumpFlaw = 'ERR_NETLINK_OVERRUN' | 'ERR_NETLINK_INTERRUPTED';

/** What an end says that is missing, or cannot be decoded. */
const noErrno: ErrorReply = { errno: 0, extack: { text: null, offset: null } };

/**
 * Takes the messages of one dump in order.
 *
 * A message that cannot be decoded is reported only behind the dump's end: a dump left unread would refuse the next one.
 */
export class DumpCollector<T> {
  readonly #operation: string;
  readonly #sequence: number;
  readonly #decode: (message: NetlinkMessage) => T;
  readonly #entries: T[] = [];
  #flaw: DumpFlaw | null = null;
  #fault: { readonly error: unknown } | null = null;
  #end: ErrorReply | null = null;

  constructor(operation: string, sequence: number, decode: (message: NetlinkMessage) => T) {
    this.#operation = operation;
    this.#sequence = sequence;
    this.#decode = decode;
  }

  /** The last message was taken. */
  get complete(): boolean {
    return this.#end !== null;
  }

  /** Takes one message; those of other requests are passed over. @throws CodecError when the end itself is malformed */
  take(message: NetlinkMessage): void {
    if (message.sequence !== this.#sequence) return;
    if ((message.flags & NLM_F_DUMP_INTR) !== 0) this.#flaw ??= 'ERR_NETLINK_INTERRUPTED';
    switch (message.type) {
      case NLMSG_DONE:
        this.#end = noErrno;
        this.#end = decodeDone(message);
        return;
      case NLMSG_ERROR:
        this.#end = noErrno;
        this.#end = decodeErrorReply(message);
        return;
      case NLMSG_OVERRUN:
        this.noteOverrun();
        return;
      default:
        this.#collect(message);
    }
  }

  /** Answers were lost. */
  noteOverrun(): void {
    this.#flaw = 'ERR_NETLINK_OVERRUN';
  }

  /** What came could not be read. */
  noteFault(error: unknown): void {
    this.#fault ??= { error };
  }

  /** Nothing more comes, although the end is missing: where answers were lost, it was among them. @param error else */
  endWithout(error: NetlinkError): void {
    this.noteFault(error);
    this.#end = noErrno;
  }

  /**
   * What the dump gave, once it is complete.
   *
   * @throws NetlinkError `ERR_NETLINK_REPLY` when the kernel refused or broke off; what `decode` threw
   */
  result(): T[] | DumpFlaw {
    if (this.#end !== null && this.#end.errno !== 0) {
      throw replyError(this.#operation, this.#end.errno, this.#sequence, this.#end.extack);
    }
    if (this.#flaw !== null) return this.#flaw;
    if (this.#fault !== null) throw this.#fault.error;
    return this.#entries;
  }

  #collect(message: NetlinkMessage): void {
    if (this.#fault !== null) return;
    try {
      this.#entries.push(this.#decode(message));
    } catch (error) {
      this.noteFault(error);
    }
  }
}
