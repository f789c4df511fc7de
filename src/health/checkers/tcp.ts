/** A server is well when it accepts a connection and, if told, answers what it is sent. */
import type { Socket } from 'node:net';
import { formatEndpoint } from '../../base/ip.js';
import type { TcpCheck } from '../../model/health-check.js';
import type { ProbeSockets, ProbeTarget } from '../net/sockets.js';
import type { Checker, ProbeResult } from '../types.js';
import { awaitMatch } from './answer.js';
import { failure } from './failure.js';
import { createMatcher, type Matcher } from './matcher.js';
import { connected, withSocket } from './socket.js';

/** The part of the check that a TCP probe needs. */
export type TcpSettings = Pick<TcpCheck, 'send' | 'expect' | 'maxBytes'>;

/** Connects, talks if told, and closes in order (FIN). */
export class TcpChecker implements Checker {
  readonly #sockets: ProbeSockets;
  readonly #target: ProbeTarget;
  readonly #settings: TcpSettings;
  readonly #matcher: Matcher | null;

  constructor(sockets: ProbeSockets, target: ProbeTarget, settings: TcpSettings) {
    this.#sockets = sockets;
    this.#target = target;
    this.#settings = settings;
    this.#matcher = settings.expect === null ? null : createMatcher(settings.expect);
  }

  async probe(signal: AbortSignal): Promise<ProbeResult> {
    const endpoint = formatEndpoint(this.#target.address, this.#target.port);
    let phase = 'connect';
    try {
      return await withSocket(this.#sockets.connect(this.#target), signal, async (socket) => {
        await connected(socket);
        phase = 'answer of';
        return await this.#talk(socket);
      });
    } catch (thrown) {
      return failure(`${phase} ${endpoint}`, thrown);
    }
  }

  async #talk(socket: Socket): Promise<ProbeResult> {
    const { send, maxBytes } = this.#settings;
    const matcher = this.#matcher;
    const sent = send === null ? null : written(socket, send);
    if (matcher !== null) {
      // A failure of the socket ends the wait for the answer, too.
      sent?.catch(() => undefined);
      await awaitMatch(socket, matcher, maxBytes);
      return { ok: true, detail: `answered ${matcher.wanted}` };
    }
    await sent;
    return { ok: true, detail: 'connected' };
  }
}

/** Waits until the kernel has taken everything. @throws the socket's error */
function written(socket: Socket, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.write(text, 'latin1', (error) => {
      if (error === null || error === undefined) resolve();
      else reject(error);
    });
  });
}
