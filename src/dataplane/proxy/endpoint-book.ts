/**
 * The open endpoints of the whole plane, by whom they are served and who waits for them.
 *
 * A configuration never gives one endpoint to two services, so where one asks for what another still holds, the
 * other is about to let go: its last phase comes after this one's first. The socket then goes over as it is, with
 * the clients that wait in it; closing and opening it anew would refuse some. A step that failed may leave several
 * who ask; each has its turn, in the order in which they asked, until it lets go itself.
 *
 * Two gaps are left. A wildcard and an address are different sockets that cannot be open together: who takes over
 * one from the other is refused, and opens it when he is tried again. And a range that is narrowed lets go in the
 * first phase, so a new service that takes the rest has no servers for the rest of that phase.
 */
import type { Flow } from '../../../schedulers/types.js';
import type { ServiceKey } from '../../model/keys.js';
import type { Endpoint } from './endpoints.js';
import type { Engine, FlowScheduler, Listener } from './engine.js';
import type { ProxyServer } from './proxy-server.js';
import type { TcpConnection } from './tcp-connection.js';
import type { UdpFlow } from './udp-flow.js';

interface OpenEndpoint {
  readonly door: Door;
  readonly listener: Listener;
  /** Those who have asked for it while another holds it, first come first. */
  readonly waiting: Set<FlowScheduler>;
}

export class EndpointBook {
  readonly #engine: Engine;
  readonly #open = new Map<string, OpenEndpoint>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /**
   * Opens the endpoint for the scheduler, or notes it as one who waits for it.
   *
   * @throws DirectorError (ERR_LISTEN) when it cannot be bound
   */
  async take(endpoint: Endpoint, scheduler: FlowScheduler): Promise<void> {
    const open = this.#open.get(endpoint.key);
    if (open !== undefined) {
      if (open.door.owner !== scheduler) open.waiting.add(scheduler);
      return;
    }
    const door = new Door(scheduler);
    const listener = await this.#engine.listen(endpoint, door);
    this.#open.set(endpoint.key, { door, listener, waiting: new Set() });
  }

  /** The scheduler no longer wants the endpoint: it goes to who waits longest, or is closed. */
  async letGo(key: string, scheduler: FlowScheduler): Promise<void> {
    const open = this.#open.get(key);
    if (open === undefined) return;
    const { door, waiting, listener } = open;
    waiting.delete(scheduler);
    if (door.owner !== scheduler) return;
    const [next] = waiting;
    if (next !== undefined) {
      waiting.delete(next);
      door.owner = next;
      return;
    }
    this.#open.delete(key);
    await listener.close();
  }
}

/** What a listener asks, whoever answers by now. */
class Door implements FlowScheduler {
  owner: FlowScheduler;

  constructor(owner: FlowScheduler) {
    this.owner = owner;
  }

  get key(): ServiceKey {
    return this.owner.key;
  }

  get onePacket(): boolean {
    return this.owner.onePacket;
  }

  openConnection(flow: Flow): TcpConnection | null {
    return this.owner.openConnection(flow);
  }

  openSession(flow: Flow): UdpFlow | null {
    return this.owner.openSession(flow);
  }

  chooseForDatagram(flow: Flow): ProxyServer | null {
    return this.owner.chooseForDatagram(flow);
  }

  openReplyPath(flow: Flow, server: ProxyServer): UdpFlow {
    return this.owner.openReplyPath(flow, server);
  }

  turnedAway(): void {
    this.owner.turnedAway();
  }
}
