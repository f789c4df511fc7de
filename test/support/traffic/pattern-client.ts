/**
 * The clients' end of verified traffic: connections and sessions that check every byte, driven by ticks from outside. Whatever
 * nobody asked for is a fault: an error, an end, a wrong byte, a lost datagram.
 */
import { createSocket } from 'node:dgram';
import { connect, type Socket } from 'node:net';
import type { SeededRandom } from '../random.js';
import { fillPattern, firstMismatch } from './pattern.js';

export interface ClientPlan {
  /** Told to the server: both patterns depend on it. */
  readonly number: number;
  readonly random: SeededRandom;
  /** After so many it ends by itself; Infinity: not before it is told. */
  readonly ticks: number;
  readonly largestChunk: number;
  /** Sends only when all was answered, so that the load is the same on every machine. Default false. */
  readonly inTurns?: boolean;
  /** Ticks without an answer after which it counts as failed. Default never. */
  readonly stalledTicks?: number;
  readonly fault: (what: string, client: PatternClient) => void;
  /** Hears of bytes that were as they ought to be. */
  readonly verified: (bytes: number) => void;
  /** It has ended as it was told, and everything has come back. */
  readonly finished: () => void;
}

/** One connection. */
export class PatternClient {
  readonly #plan: ClientPlan;
  #ticksLeft: number;
  #socket: Socket | null = null;
  #sent = 0;
  #received = 0;
  #stalled = 0;
  #ending = false;

  constructor(plan: ClientPlan) {
    this.#plan = plan;
    this.#ticksLeft = plan.ticks;
  }

  get number(): number {
    return this.#plan.number;
  }

  /** The server has answered rightly at least once. */
  get verified(): boolean {
    return this.#received > 0;
  }

  get localPort(): number | null {
    return this.#socket?.localPort ?? null;
  }

  /** Connects, and calls `gone` when nothing is left of it. */
  start(host: string, port: number, gone: () => void): void {
    const socket = connect({ host, port, noDelay: true, allowHalfOpen: true });
    this.#socket = socket;
    socket.on('connect', () => {
      const header = Buffer.alloc(4);
      header.writeUInt32BE(this.#plan.number);
      socket.write(header);
      this.tick(false);
    });
    socket.on('data', (chunk: Buffer) => this.#verify(chunk));
    socket.on('end', () => this.#ended());
    socket.on('error', (error) => this.#fault(error.message));
    socket.on('close', gone);
  }

  /** Sends something, or ends in order when its time is over or all have to finish. */
  tick(finishing: boolean): void {
    const { random, largestChunk, inTurns = false, stalledTicks = Infinity } = this.#plan;
    if (++this.#stalled === stalledTicks) this.#fault('no progress');
    if (this.#ending || this.#socket === null || this.#socket.connecting) return;
    if (inTurns && this.#received < this.#sent) return;
    if (finishing || this.#ticksLeft-- <= 0) {
      this.#ending = true;
      this.#socket.end();
      return;
    }
    const chunk = Buffer.allocUnsafe(random.int(1, largestChunk));
    fillPattern(chunk, this.#plan.number, 'to-server', this.#sent);
    this.#sent += chunk.length;
    this.#socket.write(chunk);
  }

  destroy(): void {
    this.#socket?.destroy();
  }

  #verify(chunk: Buffer): void {
    const wrong = firstMismatch(chunk, this.#plan.number, 'to-client', this.#received);
    if (wrong >= 0) {
      this.#fault(`wrong byte at ${this.#received + wrong}`);
      this.#socket?.destroy();
      return;
    }
    this.#stalled = 0;
    this.#received += chunk.length;
    this.#plan.verified(chunk.length);
  }

  #ended(): void {
    if (!this.#ending) this.#fault('ended by the other side');
    else if (this.#received !== this.#sent) this.#fault(`sent ${this.#sent}, got back ${this.#received}`);
    else this.#plan.finished();
    this.#socket?.end();
  }

  #fault(what: string): void {
    this.#plan.fault(what, this);
  }
}

export interface SessionPlan {
  readonly address: string;
  readonly port: number;
  /** Ticks after which a datagram counts as lost. */
  readonly lostTicks: number;
  readonly fault: (what: string) => void;
  /** Hears of each answer. */
  readonly verified: () => void;
}

/**
 * One UDP session: numbered datagrams, one in flight, each answered by the same server, none lost.
 *
 * @returns its tick; it does not keep the process alive
 */
export function startSession({ address, port, lostTicks, fault, verified }: SessionPlan): () => void {
  const socket = createSocket('udp4');
  let server = -1;
  let sent = 0;
  let answered = 0;
  let waited = 0;
  let connected = false;
  socket.on('error', (error) => fault(error.message));
  socket.on('message', (message) => {
    const from = message[0] ?? -1;
    const number = message.readUInt32BE(1);
    if (server >= 0 && from !== server) fault(`moved from server ${server} to ${from}`);
    if (number !== answered) fault(`answer ${number}, expected ${answered}`);
    server = from;
    answered = number + 1;
    verified();
  });
  socket.connect(port, address, () => (connected = true));
  socket.unref();
  return () => {
    if (!connected) return;
    if (answered < sent) {
      if (++waited === lostTicks) fault(`datagram ${answered} lost`);
      return;
    }
    waited = 0;
    const datagram = Buffer.alloc(4);
    datagram.writeUInt32BE(sent++);
    socket.send(datagram);
  };
}
