/** Servers under orders as the admin API tells of them. */
import type { OrderLine } from '../api/drain-protocol.js';
import type { OrderedServer } from '../controller/drains.js';
import type { ServerKey, ServiceKey } from '../model/keys.js';
import type { VirtualService } from '../model/virtual-service.js';

/** A server by its keys; it need not be in the file. */
export interface Subject {
  readonly service: ServiceKey;
  readonly server: ServerKey;
}

/** What is ordered at one moment, found by keys: an order may be about a server of each of a thousand services. */
export class OrderLines {
  readonly #services: ReadonlyMap<ServiceKey, VirtualService>;
  readonly #ordered: ReadonlyMap<string, OrderedServer>;

  constructor(services: readonly VirtualService[], ordered: readonly OrderedServer[]) {
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
    return {
      service: found?.name ?? service,
      serviceKey: service,
      server: configured?.name ?? name,
      serverKey: server,
      configured: configured !== undefined,
      drain,
      maintenance,
      left: counts,
    };
  }
}

function keyOf({ service, server }: Subject): string {
  return `${service} ${server}`;
}
