/** Accepts clients on one TCP endpoint and starts a relay for each. */
import { createServer, type Server, type Socket } from 'node:net';
import type { Endpoint } from '../endpoints.js';
import type { EngineContext, FlowScheduler, Listener } from '../engine.js';
import { errnoOf, listenError } from './listen-error.js';
import type { FlowDescriptors } from './flow-descriptors.js';
import { resetSocket } from './reset-socket.js';
import { SocketFlow } from './socket-flow.js';
import { TcpRelay, type RelayContext } from './tcp-relay.js';

/** The kernel caps it at net.core.somaxconn. */
const ACCEPT_BACKLOG = 4096;
/** One socket to the client and one to the server. */
export const DESCRIPTORS_PER_RELAY = 2;

export class TcpListener implements Listener {
  readonly #endpoint: Endpoint;
  readonly #scheduler: FlowScheduler;
  readonly #context: EngineContext;
  readonly #relays: RelayContext;
  readonly #descriptors: FlowDescriptors;
  readonly #server: Server;

  constructor(
    endpoint: Endpoint,
    scheduler: FlowScheduler,
    context: EngineContext,
    relays: RelayContext,
    descriptors: FlowDescriptors,
  ) {
    this.#endpoint = endpoint;
    this.#scheduler = scheduler;
    this.#context = context;
    this.#relays = relays;
    this.#descriptors = descriptors;
    this.#server = createServer({
      allowHalfOpen: true,
      pauseOnConnect: true,
      noDelay: true,
      // Without an idle limit, a client that vanished would else hold its descriptors and its count for ever.
      keepAlive: true,
    });
  }

  /** @throws ListenError when the endpoint cannot be bound */
  start(): Promise<void> {
    const { address, port } = this.#endpoint;
    return new Promise((resolve, reject) => {
      const onError = (error: Error): void => reject(listenError(this.#endpoint, error));
      this.#server.once('error', onError);
      this.#server.listen({ host: address, port, ipv6Only: true, backlog: ACCEPT_BACKLOG }, () => {
        this.#server.off('error', onError);
        this.#descriptors.occupy(1);
        this.#server.on('error', (error) => this.#fault(`accept: ${errnoOf(error) ?? error.message}`));
        this.#server.on('connection', (client) => this.#accept(client));
        resolve();
      });
    });
  }

  close(): Promise<void> {
    if (!this.#server.listening) return Promise.resolve();
    this.#descriptors.give(1);
    // The port is free at once. The callback of close() would wait for the accepted connections, and they live on.
    this.#server.close();
    return Promise.resolve();
  }

  #accept(client: Socket): void {
    // A reset that comes before the relay listens changes nothing: the socket is closed either way.
    client.on('error', () => client.destroy());
    if (!this.#descriptors.take(DESCRIPTORS_PER_RELAY, (reason) => this.#fault(reason))) {
      this.#scheduler.turnedAway();
      resetSocket(client);
      return;
    }
    const connection = this.#scheduler.openConnection(new SocketFlow(client, this.#endpoint));
    if (connection === null) {
      this.#descriptors.give(DESCRIPTORS_PER_RELAY);
      resetSocket(client);
      return;
    }
    new TcpRelay(client, connection, this.#relays).start();
  }

  #fault(reason: string): void {
    this.#context.onListenerFault({
      service: this.#scheduler.key,
      endpoint: this.#endpoint.key,
      reason,
    });
  }
}
