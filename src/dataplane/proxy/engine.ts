/**
 * The seam between the table and the sockets. An engine listens, relays bytes and reports to the flows that
 * the service hands out; it never chooses a server and never counts.
 */
import type { Flow } from '../../../schedulers/types.js';
import type { Clock } from '../../base/clock.js';
import type { ServiceKey } from '../../model/keys.js';
import type { DescriptorBudget } from './descriptor-budget.js';
import type { Endpoint } from './endpoints.js';
import type { TcpConnection } from './tcp-connection.js';
import type { ProxyTimeouts } from './timeouts.js';
import type { UdpFlow } from './udp-flow.js';
import type { ProxyServer } from './proxy-server.js';

/** What an engine asks of a service. */
export interface FlowScheduler {
  readonly key: ServiceKey;
  /** UDP: each datagram is scheduled anew. May change while flows live. */
  readonly onePacket: boolean;
  /** Chooses for a new client and counts it; null (counted as refused) when no server can take it. */
  openConnection(flow: Flow): TcpConnection | null;
  openSession(flow: Flow): UdpFlow | null;
  /** Chooses for one datagram and counts it as a connection that is over; null as above. */
  chooseForDatagram(flow: Flow): ProxyServer | null;
  /** The way back for one-packet datagrams between one client and one server. */
  openReplyPath(flow: Flow, server: ProxyServer): UdpFlow;
  /** A client was turned away before a choice could be made. */
  turnedAway(): void;
}

/** Something went wrong on a listener after it was opened; the plane goes on. */
export interface ListenerFault {
  readonly service: ServiceKey;
  /** `tcp:192.0.2.1:80`. */
  readonly endpoint: string;
  /** For people: "accept: EMFILE", "no descriptors left (limit 19744)". */
  readonly reason: string;
}

/** What the plane lends an engine. */
export interface EngineContext {
  readonly clock: Clock;
  readonly timeouts: ProxyTimeouts;
  readonly connectTimeoutMs: number;
  readonly descriptors: DescriptorBudget;
  readonly onListenerFault: (fault: ListenerFault) => void;
}

export interface Listener {
  /** Stops taking clients. TCP connections live on; UDP sessions end, since they answer through this socket. */
  close(): Promise<void>;
}

export interface Engine {
  /** @throws DirectorError (ERR_LISTEN) when the endpoint cannot be bound */
  listen(endpoint: Endpoint, scheduler: FlowScheduler): Promise<Listener>;
  /** New idle limits; they hold for flows that live already. */
  configure(timeouts: ProxyTimeouts): void;
  /** Stops the timers. Listeners and flows were closed before. */
  close(): void;
}
