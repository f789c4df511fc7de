/** The accepted configuration and what has been set on top of it: everything that the desired state is made of. */
import type { Dataplane } from '../dataplane/types.js';
import type { DirectorSettings, Model } from '../model/director.js';
import type { ServerKey, ServiceKey } from '../model/keys.js';
import type { RealServer } from '../model/real-server.js';
import type { VirtualService } from '../model/virtual-service.js';
import type { DesiredInputs } from './desired.js';
import { Ownership, type OwnedTable } from './ownership.js';
import { ServerStates, type RememberedStates } from './server-states.js';

/** What outlived an earlier process. */
export interface Before {
  readonly owned?: OwnedTable;
  readonly states?: RememberedStates;
}

/** One configuration at a time; replaced as a whole, in one turn. */
export class RunningConfig {
  /** Verdicts and operators' weights; they outlive a reload for servers that stay in the file. */
  readonly states: ServerStates;
  readonly ownership: Ownership;
  /** An operator's weight was remembered for a server that the first configuration has not. */
  readonly forgotten: boolean;
  readonly #plane: Dataplane['kind'];
  /** By key, made when the first check of a service speaks: each of thousands asks for its server. */
  readonly #servers = new WeakMap<VirtualService, ReadonlyMap<ServerKey, RealServer>>();
  #model: Model;
  #services: ReadonlyMap<ServiceKey, VirtualService>;

  constructor(model: Model, plane: Dataplane['kind'], before: Before = {}) {
    this.ownership = new Ownership(before.owned);
    this.states = new ServerStates(before.states);
    this.#model = model;
    this.#plane = plane;
    this.#services = indexServices(model);
    this.forgotten = this.states.prune(this.#services);
    this.ownership.own(this.#services.values());
  }

  get director(): DirectorSettings {
    return this.#model.director;
  }

  /** In the order of the file. */
  get services(): ReadonlyMap<ServiceKey, VirtualService> {
    return this.#services;
  }

  server(service: ServiceKey, server: ServerKey): RealServer | undefined {
    const found = this.#services.get(service);
    if (found === undefined) return undefined;
    const servers = this.#servers.get(found) ?? new Map(found.servers.map((each) => [each.key, each]));
    this.#servers.set(found, servers);
    return servers.get(server);
  }

  /** @returns whether an operator's weight was forgotten, as its server is not in the file any more */
  replace(model: Model): boolean {
    this.#model = model;
    this.#services = indexServices(model);
    this.ownership.own(this.#services.values());
    return this.states.prune(this.#services);
  }

  /** What the desired state is computed from. @param services default: the accepted ones */
  desiredInputs(services = this.#services): DesiredInputs {
    const { verdicts, overrides } = this.states;
    return { services, verdicts, overrides, plane: this.#plane };
  }
}

/** Services by key, in the order of the file. */
export function indexServices(model: Model): ReadonlyMap<ServiceKey, VirtualService> {
  return new Map(model.services.map((service) => [service.key, service]));
}
