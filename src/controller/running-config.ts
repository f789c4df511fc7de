/** The accepted configuration and what has been set on top of it: everything that the desired state is made of. */
import type { Dataplane } from '../dataplane/types.js';
import type { DirectorSettings, Model } from '../model/director.js';
import type { ServerKey, ServiceKey } from '../model/keys.js';
import type { RealServer } from '../model/real-server.js';
import type { VirtualService } from '../model/virtual-service.js';
import type { DesiredInputs } from './desired.js';
import { ServerStates } from './server-states.js';

/** One configuration at a time; replaced as a whole, in one turn. */
export class RunningConfig {
  /** Verdicts and operators' weights; they outlive a reload for servers that stay in the file. */
  readonly states = new ServerStates();
  readonly #plane: Dataplane['kind'];
  readonly #owned = new Map<ServiceKey, string>();
  #model: Model;
  #services: ReadonlyMap<ServiceKey, VirtualService>;
  #adopted = new Set<ServiceKey>();

  constructor(model: Model, plane: Dataplane['kind']) {
    this.#model = model;
    this.#plane = plane;
    this.#services = indexServices(model);
    this.#own();
  }

  get director(): DirectorSettings {
    return this.#model.director;
  }

  /** In the order of the file. */
  get services(): ReadonlyMap<ServiceKey, VirtualService> {
    return this.#services;
  }

  /**
   * Names of the services that lvsd owns: those of every configuration accepted since the start, until their
   * entry is gone from the table.
   */
  get owned(): ReadonlyMap<ServiceKey, string> {
    return this.#owned;
  }

  /** Services that became lvsd's and whose table entry has not been looked at since. */
  get adopted(): ReadonlySet<ServiceKey> {
    return this.#adopted;
  }

  server(service: ServiceKey, server: ServerKey): RealServer | undefined {
    return this.#services.get(service)?.servers.find((candidate) => candidate.key === server);
  }

  replace(model: Model): void {
    this.#model = model;
    this.#services = indexServices(model);
    this.states.prune(this.#services);
    this.#own();
  }

  /** The entries of these services have been looked at. */
  seen(keys: Iterable<ServiceKey>): void {
    for (const key of keys) this.#adopted.delete(key);
  }

  /** The service left the file and its entry is gone. */
  disown(key: ServiceKey): void {
    this.#owned.delete(key);
    this.#adopted.delete(key);
  }

  /** What the desired state is computed from. @param services default: the accepted ones */
  desiredInputs(services = this.#services): DesiredInputs {
    const { verdicts, overrides } = this.states;
    return { services, verdicts, overrides, plane: this.#plane };
  }

  #own(): void {
    for (const { key, name } of this.#services.values()) {
      if (!this.#owned.has(key)) this.#adopted.add(key);
      this.#owned.set(key, name);
    }
  }
}

/** Services by key, in the order of the file. */
export function indexServices(model: Model): ReadonlyMap<ServiceKey, VirtualService> {
  return new Map(model.services.map((service) => [service.key, service]));
}
