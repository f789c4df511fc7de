/** The portable engine, on `node:net` and `node:dgram`: works wherever Node does, unprivileged. */
import type { Endpoint } from '../endpoints.js';
import type { Engine, EngineContext, FlowScheduler, Listener } from '../engine.js';
import { IdleQueue } from '../idle-queue.js';
import type { ProxyTimeouts } from '../timeouts.js';
import { FlowDescriptors } from './flow-descriptors.js';
import { DESCRIPTORS_PER_RELAY, TcpListener } from './tcp-listener.js';
import type { RelayContext } from './tcp-relay.js';
import { UdpListener } from './udp-listener.js';

export class NetEngine implements Engine {
  readonly #context: EngineContext;
  readonly #relays: RelayContext;
  readonly #sessions: IdleQueue;
  readonly #descriptors: FlowDescriptors;

  constructor(context: EngineContext) {
    const { clock, timeouts, connectTimeoutMs, descriptors } = context;
    this.#context = context;
    this.#sessions = new IdleQueue(clock, timeouts.udpMs);
    this.#descriptors = new FlowDescriptors(descriptors, this.#sessions, clock);
    this.#relays = {
      connecting: new IdleQueue(clock, connectTimeoutMs),
      established: new IdleQueue(clock, timeouts.tcpMs),
      closing: new IdleQueue(clock, timeouts.tcpFinMs),
      onEnded: () => this.#descriptors.give(DESCRIPTORS_PER_RELAY),
    };
  }

  async listen(endpoint: Endpoint, scheduler: FlowScheduler): Promise<Listener> {
    const listener =
      endpoint.protocol === 'tcp'
        ? new TcpListener(endpoint, scheduler, this.#context, this.#relays, this.#descriptors)
        : new UdpListener(endpoint, scheduler, this.#context, this.#sessions, this.#descriptors);
    await listener.start();
    return listener;
  }

  configure(timeouts: ProxyTimeouts): void {
    this.#sessions.setLimit(timeouts.udpMs);
    this.#relays.established.setLimit(timeouts.tcpMs);
    this.#relays.closing.setLimit(timeouts.tcpFinMs);
  }

  close(): void {
    const { connecting, established, closing } = this.#relays;
    for (const queue of [connecting, established, closing, this.#sessions]) queue.close();
  }
}
