/** Servers under orders as the admin API tells of them. */
import type { OrderLine } from '../api/drain-protocol.js';
import type { OrderedServer } from '../controller/drains.js';
import type { ServerDecision } from '../model/desired-state.js';
import type { ServerKey, ServiceKey } from '../model/keys.js';
import type { VirtualService } from '../model/virtual-service.js';

/** A server by its keys; it need not be in the file. */
export interface Subject {
  readonly service: ServiceKey;
  readonly server: ServerKey;
}

/** What was last decided about a server. */
type DecisionOf = (service: ServiceKey, server: ServerKey) => ServerDecision | undefined;

/** What is ordered at one moment, found by keys: an order may be about a server of each of a thousand services. */
export class OrderLines {
  readonly #services: ReadonlyMap<ServiceKey, VirtualService>;
  readonly #ordered: ReadonlyMap<string, OrderedServer>;
  readonly #decision: DecisionOf;

  constructor(services: readonly VirtualService[], ordered: readonly OrderedServer[], decision: DecisionOf) {
    this.#decision = decision;
    this.#services = new Map(services.map((service) => [service.key, service]));
    this.#ordered = new Map(ordered.map((each) => [keyOf(each), each]));
  }

  /** All of them. */
  get all(): readonly OrderLine[] {
    return [...this.#ordered.values()].map((ordered) => this.#line(ordered));
  }

  /** Of one server; with nothing in it when there is no order. */
  of({ service, server }: Subject): OrderLine {
    const nothing = { name: server, drain: null, maintenance: null, counts: null };
    return this.#line(this.#ordered.get(keyOf({ service, server })) ?? { service, server, ...nothing });
  }

  #line({ service, server, name, drain, maintenance, counts }: OrderedServer): OrderLine {
    const found = this.#services.get(service);
    const configured = found?.servers.find(({ key }) => key === server);
    const isFree = configured !== undefined && drain === null && maintenance === null;
    const decision = isFree ? this.#decision(service, server) : undefined;
    return {
      service: found?.name ?? service,
      serviceKey: service,
      server: configured?.name ?? name,
      serverKey: server,
      configured: configured !== undefined,
      drain,
      maintenance,
      left: counts,
      ...(decision === undefined || decision.weight > 0 ? {} : { idle: idleReason(decision) }),
    };
  }
}

function idleReason({ reason }: ServerDecision): string {
  return reason === '' ? 'weight 0' : reason;
}

function keyOf({ service, server }: Subject): string {
  return `${service} ${server}`;
}
