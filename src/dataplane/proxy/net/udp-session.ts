/**
 * One client's datagrams to one server: a connected socket of its own, so that replies find their way and a
 * refusal (ICMP port unreachable) is noticed.
 */
import type { Socket } from 'node:dgram';
import { IdleEntry, type IdleQueue } from '../idle-queue.js';
import type { FlowCarrier } from '../tracked-flow.js';
import type { UdpFlow } from '../udp-flow.js';
import { datagramSocket } from './datagram-socket.js';
import { errnoOf } from './listen-error.js';

/** Where a session's replies go, and who forgets it. */
export interface SessionOwner {
  reply(message: Buffer, port: number, address: string): void;
  onSessionEnded(session: UdpSession): void;
}

/** Datagrams kept while the socket is being connected; more are dropped, as a full socket buffer would. */
const WAITING_LIMIT = 64;

export class UdpSession extends IdleEntry implements FlowCarrier {
  /** Under which its listener finds it. */
  readonly id: string;
  readonly #flow: UdpFlow;
  readonly #owner: SessionOwner;
  readonly #queue: IdleQueue;
  readonly #socket: Socket;
  /** null once connected. */
  #waiting: Buffer[] | null = [];
  #ended = false;
  #held = false;

  constructor(id: string, flow: UdpFlow, owner: SessionOwner, queue: IdleQueue) {
    super();
    this.id = id;
    this.#flow = flow;
    this.#owner = owner;
    this.#queue = queue;
    this.#socket = datagramSocket(flow.server.family);
    flow.carrier = this;
  }

  start(): void {
    const { address, port } = this.#flow.server;
    const { flow } = this.#flow;
    this.#queue.touch(this);
    this.#socket.on('error', (error) => this.#onError(error));
    this.#socket.on('message', (message) => {
      if (this.#held) return;
      this.#queue.touch(this);
      this.#flow.countOut(message.length);
      this.#owner.reply(message, flow.sourcePort, flow.source);
    });
    // Node hands a failed connect to the callback instead of emitting it; its types do not say so.
    const onConnect = (error?: Error): void =>
      error === undefined ? this.#onConnect() : this.#onError(error);
    this.#socket.connect(port === 0 ? flow.destinationPort : port, address, onConnect);
  }

  /** From the client to the server. */
  send(message: Buffer): void {
    if (this.#ended || this.#held) return;
    // Once the server is out, its answers alone keep the session: a client that goes on talking to a dead one
    // would be tied to it for ever.
    if (this.#flow.server.linkedTo !== null) this.#queue.touch(this);
    this.#flow.countIn(message.length);
    if (this.#waiting === null) this.#transmit(message);
    else if (this.#waiting.length < WAITING_LIMIT) this.#waiting.push(message);
  }

  abort(): void {
    this.#end();
  }

  hold(held: boolean): void {
    this.#held = held;
  }

  override idleExpired(): void {
    this.#end();
  }

  #onConnect(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = null;
    if (this.#ended) return;
    for (const message of waiting) this.#transmit(message);
  }

  #transmit(message: Buffer): void {
    this.#socket.send(message, this.#onSent);
  }

  // Other errors (too long, buffer full) lose that datagram alone, as on any path.
  readonly #onSent = (error: Error | null): void => {
    if (error !== null && errnoOf(error) === 'ECONNREFUSED') this.#onError(error);
  };

  #onError(error: Error): void {
    if (this.#ended) return;
    if (errnoOf(error) === 'ECONNREFUSED') this.#flow.refused();
    this.#end();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.idleQueue?.remove(this);
    this.#socket.close();
    this.#flow.ended();
    this.#owner.onSessionEnded(this);
  }
}
