/** Which services have to be planned anew, and which event made them so. */
import type { ServerKey, ServiceKey } from '../model/keys.js';

/** Events behind a service's next plan. */
export interface Causes {
  /** Latest event about the service as a whole. */
  service: number | null;
  /** Latest event about one of its servers. */
  readonly servers: Map<ServerKey, number>;
}

export type DirtyServices = ReadonlyMap<ServiceKey, Causes>;

/** Collects changes until a round takes them all at once; many changes of a service are one entry. */
export class DirtySet {
  #services = new Map<ServiceKey, Causes>();

  /**
   * @param cause number of the event; null keeps the one that is there
   * @param server set when the event is about this server alone
   */
  mark(service: ServiceKey, cause: number | null, server?: ServerKey): void {
    const causes = this.#services.get(service) ?? { service: null, servers: new Map() };
    this.#services.set(service, causes);
    if (cause === null) return;
    if (server === undefined) causes.service = cause;
    else causes.servers.set(server, cause);
  }

  /** Empties the set. */
  take(): DirtyServices {
    const taken = this.#services;
    this.#services = new Map();
    return taken;
  }

  /** Puts back what a round could not plan; newer causes win. */
  putBack(services: DirtyServices): void {
    for (const [key, { service, servers }] of services) {
      const newer = this.#services.get(key);
      this.#services.set(key, {
        service: newer?.service ?? service,
        servers: new Map([...servers, ...(newer?.servers ?? [])]),
      });
    }
  }
}

/** The event behind a step of the service, about the server if there is one. */
export function causeOf(causes: Causes | undefined, server: ServerKey | null): number | null {
  const ofServer = server === null ? undefined : causes?.servers.get(server);
  return ofServer ?? causes?.service ?? null;
}
