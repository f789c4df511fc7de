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
  /** Events behind steps that failed; they mark nothing by themselves. */
  readonly #owed = new Map<ServiceKey, Causes>();

  /**
   * @param cause number of the event; null keeps the one that is there
   * @param server set when the event is about this server alone
   */
  mark(service: ServiceKey, cause: number | null, server?: ServerKey): void {
    const causes = this.#services.get(service) ?? this.#takeOwed(service);
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
    for (const [key, causes] of services)
      this.#services.set(key, mergeCauses(causes, this.#services.get(key)));
  }

  /** Remembers why a service was planned whose step failed: for the steps of its next plan, whoever asks for that. */
  owe(service: ServiceKey, causes: Causes): void {
    const marked = this.#services.get(service);
    if (marked === undefined) this.#owed.set(service, causes);
    else this.#services.set(service, mergeCauses(causes, marked));
  }

  /** The service's steps have succeeded, or it is gone: nothing is owed. */
  paid(service: ServiceKey): void {
    this.#owed.delete(service);
  }

  #takeOwed(service: ServiceKey): Causes {
    const owed = this.#owed.get(service);
    this.#owed.delete(service);
    return owed ?? { service: null, servers: new Map() };
  }
}

function mergeCauses(older: Causes, newer: Causes | undefined): Causes {
  return {
    service: newer?.service ?? older.service,
    servers: new Map([...older.servers, ...(newer?.servers ?? [])]),
  };
}

/** The event behind a step of the service, about the server if there is one. */
export function causeOf(causes: Causes | undefined, server: ServerKey | null): number | null {
  const ofServer = server === null ? undefined : causes?.servers.get(server);
  return ofServer ?? causes?.service ?? null;
}
