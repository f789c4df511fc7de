/** What a connection and a UDP session have in common: who serves whom since when, and how many bytes. */
import type { Flow } from '../../../schedulers/types.js';
import { formatEndpoint } from '../../base/ip.js';
import type { ServiceKey } from '../../model/keys.js';
import type { ConnectionRecord } from '../types.js';
import type { ProxyServer } from './proxy-server.js';

/** The engine's side of a flow: it owns the sockets. */
export interface FlowCarrier {
  /** Ends the flow at once, with RST where there is one. */
  abort(): void;
  /** Carries nothing until it is let go again; one that never is ends with the time of a closing connection. */
  hold(held: boolean): void;
  /** How long until it ends the flow if nobody speaks; null = never. */
  expiresInMs(nowMs: number): number | null;
}

/** Counters of a service that its flows move. */
export interface ServiceTally {
  connections: number;
  bytesIn: number;
  bytesOut: number;
  refused: number;
  retries: number;
  /** Retries that wlc answered for a hashing scheduler. */
  fallbacks: number;
}

export abstract class TrackedFlow {
  readonly service: ServiceKey;
  readonly flow: Flow;
  readonly openedMs: number;
  bytesIn = 0;
  bytesOut = 0;
  /** Set by the engine once it carries the flow. */
  carrier: FlowCarrier | null = null;
  abstract readonly state: string;
  protected assigned: ProxyServer;
  readonly #tally: ServiceTally;

  constructor(service: ServiceKey, tally: ServiceTally, flow: Flow, server: ProxyServer, openedMs: number) {
    this.service = service;
    this.#tally = tally;
    this.flow = flow;
    this.assigned = server;
    this.openedMs = openedMs;
  }

  /** Who serves it now; a retry changes it. */
  get server(): ProxyServer {
    return this.assigned;
  }

  /** Counts bytes from the client. */
  countIn(bytes: number): void {
    this.bytesIn += bytes;
    this.assigned.counters.bytesIn += bytes;
    this.#tally.bytesIn += bytes;
  }

  /** Counts bytes to the client. */
  countOut(bytes: number): void {
    this.bytesOut += bytes;
    this.assigned.counters.bytesOut += bytes;
    this.#tally.bytesOut += bytes;
  }

  record(nowMs: number): ConnectionRecord {
    const { flow } = this;
    const expiresMs = this.carrier?.expiresInMs(nowMs) ?? null;
    return {
      service: this.service,
      server: this.assigned.key,
      protocol: flow.protocol,
      family: flow.family,
      client: formatEndpoint(flow.source, flow.sourcePort),
      virtual: formatEndpoint(flow.destination, flow.destinationPort),
      state: this.state,
      bytesIn: this.bytesIn,
      bytesOut: this.bytesOut,
      ageMs: Math.round(nowMs - this.openedMs),
      ...(expiresMs === null ? {} : { expiresMs: Math.round(expiresMs) }),
    };
  }
}
