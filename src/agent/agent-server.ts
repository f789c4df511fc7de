/**
 * Answers agent checks on one address: a connection gets one line and is closed. What the asker sends is read and
 * thrown away; it is not waited for.
 */
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { Clock } from '../base/clock.js';
import { DirectorError } from '../base/errors.js';
import { formatEndpoint } from '../base/ip.js';
import type { PrefixList } from './prefix-list.js';
import { TurnedAway } from './turned-away.js';

export interface AgentServerOptions {
  readonly clock: Clock;
  readonly address: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly allowed: PrefixList;
  /** null: nothing is known, and the connection is closed without a word. Must not reject. */
  readonly answer: () => Promise<string | null>;
  /** Hears in one line of askers that got no answer. */
  readonly tell: (line: string) => void;
  /** Connections at a time; default 64. */
  readonly mostConnections?: number;
}

const MOST_CONNECTIONS = 64;
/** A connection lives no longer, ms. */
const LIFE_MS = 5000;
/** Who sends more is no asker, bytes. */
const MOST_INPUT_BYTES = 4096;

export class AgentServer {
  readonly #options: AgentServerOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #strangers: TurnedAway;
  readonly #crowd: TurnedAway;

  constructor(options: AgentServerOptions) {
    const { clock, tell, mostConnections = MOST_CONNECTIONS } = options;
    this.#options = options;
    this.#strangers = new TurnedAway(clock, 'its address is not allowed (--allow)', tell);
    this.#crowd = new TurnedAway(clock, `there are ${mostConnections} connections already`, tell);
    // Half open: an asker that has sent its line and closed its side still wants the answer.
    this.#server = createServer({ allowHalfOpen: true }, (socket) => void this.#serve(socket));
    this.#server.maxConnections = mostConnections;
    this.#server.on('drop', (data) => this.#crowd.add(data?.remoteAddress ?? 'an asker'));
  }

  /** Connections that were closed without an answer since the start. */
  get turnedAway(): number {
    return this.#strangers.count + this.#crowd.count;
  }

  /** `192.0.2.1:9412`, with the port that was taken. Only after `start`. */
  get endpoint(): string {
    const bound = this.#server.address();
    if (bound === null || typeof bound === 'string') throw new Error('not listening');
    return formatEndpoint(bound.address, bound.port);
  }

  /** @throws DirectorError ERR_AGENT_LISTEN when the address and port cannot be had */
  async start(): Promise<void> {
    const { address: host, port } = this.#options;
    const endpoint = formatEndpoint(host, port);
    this.#server.listen({ host, port, ipv6Only: true });
    try {
      await once(this.#server, 'listening');
    } catch (cause) {
      const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
      throw new DirectorError(`listen on ${endpoint}: ${code}${CURES[code] ?? ''}`, {
        code: 'ERR_AGENT_LISTEN',
        details: { endpoint },
        cause,
      });
    }
    // One connection that could not be taken (out of descriptors, say) is no reason to end.
    this.#server.on('error', (error) => this.#options.tell(`accept on ${endpoint}: ${error.message}`));
  }

  /** Ends all connections. Idempotent and awaited. */
  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #serve(socket: Socket): Promise<void> {
    const asker = socket.remoteAddress;
    // An asker that goes away meanwhile is its own affair.
    socket.on('error', () => socket.destroy());
    if (asker === undefined) return;
    if (!this.#options.allowed.has(asker)) {
      socket.destroy();
      this.#strangers.add(asker);
      return;
    }
    this.#bound(socket);
    const answer = await this.#options.answer();
    if (socket.destroyed) return;
    if (answer === null) socket.destroy();
    // Not destroyed with it: input that is not read yet would make the kernel take the answer back with a reset.
    else socket.end(answer);
  }

  #bound(socket: Socket): void {
    this.#sockets.add(socket);
    const timer = this.#options.clock.after(LIFE_MS, () => socket.destroy());
    socket.on('close', () => {
      timer.cancel();
      this.#sockets.delete(socket);
    });
    let received = 0;
    socket.on('data', ({ length }) => {
      received += length;
      if (received > MOST_INPUT_BYTES) socket.destroy();
    });
  }
}

const CURES: Readonly<Record<string, string>> = {
  EADDRINUSE: ', another process holds it; name another port',
  EADDRNOTAVAIL: ', it is not an address of this host; name one that `ip address` shows',
  EACCES: ', ports below 1024 need a privilege; name another port',
};
