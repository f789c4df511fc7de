/**
 * Asks hosts that belong to nobody's side, by ICMP echo, whether this one still has a network: while lines between directors
 * are silent, a backup that no witness answers may itself be what is cut off.
 *
 * No name is looked up and no program is run. An answer counts for questions alone that were asked before it and after those
 * who ask began to wait; see `Instance`, which drops what comes for an earlier wait.
 */
import { randomBytes } from 'node:crypto';
import type { Clock, Timer } from '../base/clock.js';
import { reasonOf } from '../base/errors.js';
import { PingSocket } from '../../native/icmp/ping-socket.js';

/** A socket for echo requests to one host and for its replies. */
export interface WitnessPing {
  /** @throws also for an ICMP error that has come in */
  send(sequence: number, payload: Uint8Array): void;
  /** null when nothing has come. The payload holds until the next call. @throws as `send` */
  receive(): { readonly sequence: number; readonly payload: Uint8Array } | null;
  onReadable(callback: () => void): void;
  /** Idempotent. */
  close(): void;
}

/** Seam for tests. @throws SyscallError: no way there, or not permitted */
export type OpenPing = (address: string, identifier: number) => WitnessPing;

const SEQUENCES = 0x10000;
const NONCE_BYTES = 8;
/** An answer that comes later than this is of another time. */
const ANSWER_LIMIT_MS = 3000;
/** Sockets are closed when nobody has asked for so long. */
const IDLE_MS = 10_000;

interface Question {
  readonly askedAtMs: number;
  readonly answered: () => void;
}

/** Of the whole process. */
export class Witnesses {
  readonly #clock: Clock;
  readonly #onProblem: (message: string) => void;
  readonly #open: OpenPing;
  /** By address. */
  readonly #pings = new Map<string, WitnessPing>();
  /** What an answer must have: nobody else's answer does. */
  readonly #nonce = randomBytes(NONCE_BYTES);
  readonly #identifier = randomBytes(2).readUInt16BE();
  /** By the number of its messages. */
  readonly #questions = new Map<number, Question>();
  #addresses: readonly string[] = [];
  #sequence = 0;
  #idle: Timer | null = null;
  /** What went wrong at an address last, so that it is told once. */
  readonly #failures = new Map<string, string>();

  /** @param onProblem why one cannot be asked, once until it answers or there is another reason: `<operation> <subject>: <reason>` */
  constructor(
    clock: Clock,
    onProblem: (message: string) => void,
    open: OpenPing = (address, identifier) => PingSocket.open(address, identifier),
  ) {
    this.#clock = clock;
    this.#onProblem = onProblem;
    this.#open = open;
  }

  get addresses(): readonly string[] {
    return this.#addresses;
  }

  /** @param addresses canonical text; empty = nobody is asked */
  configure(addresses: readonly string[]): void {
    this.#addresses = addresses;
    this.#failures.clear();
    for (const [address, ping] of this.#pings) if (!addresses.includes(address)) this.#drop(address, ping);
  }

  /** Asks all of them. @param answered called once, when the first one answers; never when none does */
  ask(answered: () => void): void {
    const nowMs = this.#clock.nowMs();
    for (const [sequence, { askedAtMs }] of this.#questions)
      if (nowMs - askedAtMs > ANSWER_LIMIT_MS) this.#questions.delete(sequence);
    this.#sequence = (this.#sequence + 1) % SEQUENCES;
    this.#questions.set(this.#sequence, { askedAtMs: nowMs, answered });
    for (const address of this.#addresses) this.#askOne(address, this.#sequence);
    this.#idle?.cancel();
    this.#idle = this.#clock.after(IDLE_MS, () => this.close());
  }

  /** Idempotent. */
  close(): void {
    this.#idle?.cancel();
    this.#idle = null;
    this.#questions.clear();
    for (const [address, ping] of this.#pings) this.#drop(address, ping);
  }

  /** What a socket tells at first may be of the question before: it is given up, and another one asks. */
  #askOne(address: string, sequence: number): void {
    const known = this.#pings.get(address);
    if (known !== undefined) {
      try {
        known.send(sequence, this.#nonce);
        return;
      } catch {
        this.#drop(address, known);
      }
    }
    try {
      const ping = this.#open(address, this.#identifier);
      this.#pings.set(address, ping);
      ping.onReadable(() => this.#read(address, ping));
      ping.send(sequence, this.#nonce);
    } catch (thrown) {
      this.#fail(address, thrown);
    }
  }

  #read(address: string, ping: WitnessPing): void {
    try {
      for (let reply = ping.receive(); reply !== null; reply = ping.receive())
        if (isNonce(reply.payload, this.#nonce)) this.#answer(address, reply.sequence);
    } catch (thrown) {
      this.#fail(address, thrown);
    }
  }

  #fail(address: string, thrown: unknown): void {
    const reason = reasonOf(thrown);
    if (this.#failures.get(address) !== reason) this.#onProblem(`ask witness ${address}: ${reason}`);
    this.#failures.set(address, reason);
  }

  #answer(address: string, sequence: number): void {
    this.#failures.delete(address);
    const question = this.#questions.get(sequence);
    this.#questions.delete(sequence);
    if (question === undefined || this.#clock.nowMs() - question.askedAtMs > ANSWER_LIMIT_MS) return;
    question.answered();
  }

  #drop(address: string, ping: WitnessPing): void {
    ping.close();
    this.#pings.delete(address);
  }
}

function isNonce(payload: Uint8Array, nonce: Uint8Array): boolean {
  return payload.length === nonce.length && nonce.every((byte, index) => payload[index] === byte);
}
