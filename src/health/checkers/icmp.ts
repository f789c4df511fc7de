/** A host is well when it answers an echo request with what was sent. */
import type { Random } from '../../base/clock.js';
import { PingNotPermitted, type Ping } from '../net/ping.js';
import type { ProbeSockets } from '../net/sockets.js';
import type { Checker, ProbeResult } from '../types.js';
import { describe, failure, notProbed } from './failure.js';

/** Replies that are looked at before the loop turns: a host that floods holds up nothing. */
const MOST_A_TURN = 16;

/** Sends one request; replies with another sequence number or other bytes are passed over. */
export class IcmpChecker implements Checker {
  readonly #tools: { readonly sockets: ProbeSockets; readonly random: Random };
  readonly #address: string;
  readonly #payloadBytes: number;

  /** @param payloadBytes of the request */
  constructor(
    tools: { readonly sockets: ProbeSockets; readonly random: Random },
    address: string,
    payloadBytes: number,
  ) {
    this.#tools = tools;
    this.#address = address;
    this.#payloadBytes = payloadBytes;
  }

  async probe(signal: AbortSignal): Promise<ProbeResult> {
    const subject = `icmp ${this.#address}`;
    const { sockets, random } = this.#tools;
    let ping: Ping | null = null;
    try {
      ping = await sockets.ping(this.#address, Math.floor(random() * 0x10000));
      await this.#exchange(ping, signal);
      return { ok: true, detail: 'echo reply' };
    } catch (thrown) {
      return thrown instanceof PingNotPermitted ? notProbed(subject, thrown) : failure(subject, thrown);
    } finally {
      ping?.close();
    }
  }

  async #exchange(ping: Ping, signal: AbortSignal): Promise<void> {
    const payload = Uint8Array.from({ length: this.#payloadBytes }, () =>
      Math.floor(this.#tools.random() * 256),
    );
    const sequence = Math.floor(this.#tools.random() * 0x10000);
    let foreign = 0;
    const take = (): boolean => {
      for (let looks = 0; looks < MOST_A_TURN; looks++) {
        const reply = ping.receive();
        if (reply === null) return false;
        if (reply.sequence === sequence && Buffer.compare(reply.payload, payload) === 0) return true;
        foreign++;
      }
      return false;
    };
    let abort = (): void => undefined;
    const answered = new Promise<void>((resolve, reject) => {
      const fail = (thrown: unknown): void => {
        const others = foreign === 0 ? '' : `, ${foreign} replies with another sequence number or payload`;
        reject(new Error(`${describe(thrown)}${others}`, { cause: thrown }));
      };
      const look = (): void => {
        try {
          if (take()) resolve();
        } catch (thrown) {
          fail(thrown);
        }
      };
      abort = () => fail(signal.reason);
      signal.addEventListener('abort', abort, { once: true });
      if (signal.aborted) {
        abort();
        return;
      }
      try {
        ping.onReadable(look);
        ping.send(sequence, payload);
      } catch (thrown) {
        fail(thrown);
      }
    });
    try {
      await answered;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }
}
