/**
 * Receives datagrams of one UDP endpoint and hands each to its session; the first of a client is scheduled.
 *
 * With one_packet every datagram is scheduled anew. The server's reply still finds its client: there is one way
 * back for each pair of client and server, which holds a socket and counts on nobody.
 */
import type { RemoteInfo, Socket } from 'node:dgram';
import type { Flow } from '../../../../schedulers/types.js';
import { formatEndpoint } from '../../../base/ip.js';
import type { Endpoint } from '../endpoints.js';
import type { EngineContext, FlowScheduler, Listener } from '../engine.js';
import type { IdleQueue } from '../idle-queue.js';
import { datagramSocket } from './datagram-socket.js';
import type { FlowDescriptors } from './flow-descriptors.js';
import { errnoOf, listenError } from './listen-error.js';
import { UdpSession, type SessionOwner } from './udp-session.js';

export class UdpListener implements Listener, SessionOwner {
  readonly #endpoint: Endpoint;
  readonly #scheduler: FlowScheduler;
  readonly #context: EngineContext;
  readonly #queue: IdleQueue;
  readonly #descriptors: FlowDescriptors;
  readonly #socket: Socket;
  readonly #sessions = new Map<string, UdpSession>();
  #closed = false;

  /** @param queue sessions of all listeners of the engine, by last activity */
  constructor(
    endpoint: Endpoint,
    scheduler: FlowScheduler,
    context: EngineContext,
    queue: IdleQueue,
    descriptors: FlowDescriptors,
  ) {
    this.#endpoint = endpoint;
    this.#scheduler = scheduler;
    this.#context = context;
    this.#queue = queue;
    this.#descriptors = descriptors;
    this.#socket = datagramSocket(endpoint.family);
  }

  /** @throws ListenError when the endpoint cannot be bound */
  start(): Promise<void> {
    const { address, port } = this.#endpoint;
    return new Promise((resolve, reject) => {
      const onError = (error: Error): void => {
        this.#socket.close();
        reject(listenError(this.#endpoint, error));
      };
      this.#socket.once('error', onError);
      this.#socket.bind({ address, port, exclusive: true }, () => {
        this.#socket.off('error', onError);
        this.#descriptors.occupy(1);
        this.#socket.on('error', (error) => this.#fault(`receive: ${errnoOf(error) ?? error.message}`));
        this.#socket.on('message', (message, from) => this.#receive(message, from));
        resolve();
      });
    });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#descriptors.give(1);
    for (const session of [...this.#sessions.values()]) session.abort();
    await new Promise<void>((resolve) => this.#socket.close(resolve));
  }

  reply(message: Buffer, port: number, address: string): void {
    if (this.#closed) return;
    // A reply that cannot be sent is lost like any datagram; without a callback Node drops the error.
    this.#socket.send(message, port, address);
  }

  onSessionEnded(session: UdpSession): void {
    this.#sessions.delete(session.id);
    this.#descriptors.give(1);
  }

  #receive(message: Buffer, from: RemoteInfo): void {
    const client = formatEndpoint(from.address, from.port);
    if (this.#scheduler.onePacket) this.#relayOne(client, from)?.send(message);
    else (this.#sessions.get(client) ?? this.#openSession(client, from))?.send(message);
  }

  #relayOne(client: string, from: RemoteInfo): UdpSession | null {
    const flow = this.#flow(from);
    const server = this.#scheduler.chooseForDatagram(flow);
    if (server === null) return null;
    const id = `${client} ${server.key}`;
    const known = this.#sessions.get(id);
    if (known !== undefined) return known;
    if (!this.#takeDescriptor()) return null;
    return this.#start(new UdpSession(id, this.#scheduler.openReplyPath(flow, server), this, this.#queue));
  }

  #openSession(client: string, from: RemoteInfo): UdpSession | null {
    if (!this.#takeDescriptor()) return null;
    const flow = this.#scheduler.openSession(this.#flow(from));
    if (flow === null) {
      this.#descriptors.give(1);
      return null;
    }
    return this.#start(new UdpSession(client, flow, this, this.#queue));
  }

  #start(session: UdpSession): UdpSession {
    this.#sessions.set(session.id, session);
    session.start();
    return session;
  }

  #takeDescriptor(): boolean {
    if (this.#descriptors.take(1, (reason) => this.#fault(reason))) return true;
    this.#scheduler.turnedAway();
    return false;
  }

  #flow(from: RemoteInfo): Flow {
    const zone = from.address.indexOf('%');
    return {
      family: this.#endpoint.family,
      source: zone < 0 ? from.address : from.address.slice(0, zone),
      sourcePort: from.port,
      destination: this.#endpoint.address,
      destinationPort: this.#endpoint.port,
      protocol: 'udp',
    };
  }

  #fault(reason: string): void {
    this.#context.onListenerFault({
      service: this.#scheduler.key,
      endpoint: this.#endpoint.key,
      reason,
    });
  }
}
