/** Asks the agent of a real server for its line. */
import type { Socket } from 'node:net';
import { formatEndpoint } from '../../base/ip.js';
import { formatAgentAnswer, readAgentAnswer } from '../agent-answer.js';
import type { ProbeSockets, ProbeTarget } from '../net/sockets.js';
import type { Checker, ProbeResult } from '../types.js';
import { describe, failure, printable } from './failure.js';
import { connected, withSocket } from './socket.js';

/** A line that is longer is none. */
const MOST_BYTES = 1024;

/** Connects, sends what it is told, and reads until the line or the connection ends. */
export class AgentChecker implements Checker {
  readonly #sockets: ProbeSockets;
  readonly #target: ProbeTarget;
  readonly #send: string | null;

  constructor(sockets: ProbeSockets, target: ProbeTarget, send: string | null) {
    this.#sockets = sockets;
    this.#target = target;
    this.#send = send;
  }

  async probe(signal: AbortSignal): Promise<ProbeResult> {
    const subject = `agent ${formatEndpoint(this.#target.address, this.#target.port)}`;
    let phase = 'connect';
    try {
      const line = await withSocket(this.#sockets.connect(this.#target), signal, async (socket) => {
        await connected(socket);
        phase = 'answer';
        if (this.#send !== null) socket.write(this.#send, 'latin1');
        return await readLine(socket);
      });
      const answer = readAgentAnswer(line);
      if ('fault' in answer) return failure(subject, answer.fault);
      return { ok: true, detail: printable(formatAgentAnswer(answer)), agent: answer };
    } catch (thrown) {
      return failure(subject, new Error(`${phase}: ${describe(thrown)}`, { cause: thrown }));
    }
  }
}

/** @throws Error when the line is too long, or the socket fails */
function readLine(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const onData = (chunk: Buffer): void => {
      text += chunk.toString('latin1');
      const length = text.search(/[\r\n]/);
      if (length > MOST_BYTES || (length < 0 && text.length > MOST_BYTES))
        end(() => reject(new Error(`a line of more than ${MOST_BYTES} bytes`)));
      else if (length >= 0) end(() => resolve(text));
    };
    const onEnd = (): void => end(() => resolve(text));
    const onError = (error: Error): void => end(() => reject(error));
    const end = (settle: () => void): void => {
      socket.off('data', onData).off('end', onEnd).off('close', onEnd).off('error', onError);
      socket.pause();
      settle();
    };
    socket.on('data', onData).on('end', onEnd).on('close', onEnd).on('error', onError);
  });
}
