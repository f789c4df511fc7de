/** The desired state from one round to the next: computed anew for what changed, and told of where people need to know. */
import type { DesiredService, DesiredState } from '../model/desired-state.js';
import type { ServerKey, ServiceKey } from '../model/keys.js';
import { computeDesired } from './desired.js';
import type { Causes, DirtyServices } from './dirty-set.js';
import type { EventLog } from './event-log.js';
import type { RunningConfig } from './running-config.js';
import { servingEvents } from './serving-events.js';

export interface CurrentDesiredOptions {
  readonly config: RunningConfig;
  readonly events: EventLog;
}

/** One a director. */
export class CurrentDesired {
  readonly #config: RunningConfig;
  readonly #events: EventLog;
  readonly #services = new Map<ServiceKey, DesiredService>();

  constructor({ config, events }: CurrentDesiredOptions) {
    this.#config = config;
    this.#events = events;
  }

  /** A live view of what was last computed. */
  get services(): DesiredState {
    return this.#services;
  }

  /** Whether the server is to be in the table. */
  wants(service: ServiceKey, server: ServerKey): boolean {
    return this.#services.get(service)?.servers.some(({ key }) => key === server) === true;
  }

  /** Computes these services anew; one that left the file is desired no more. */
  update(dirty: DirtyServices): void {
    const inputs = { ...this.#config.desiredInputs(), last: this.#services };
    const computed = computeDesired(inputs, dirty.keys());
    for (const [key, causes] of dirty) {
      const service = computed.get(key);
      if (service === undefined) this.#services.delete(key);
      else this.#set(service, causes);
    }
  }

  #set(service: DesiredService, causes: Causes): void {
    const { key, name, servedAsNat } = service;
    const before = this.#services.get(key)?.servedAsNat ?? null;
    this.#services.set(key, service);
    this.#config.loads.slowStarts.decided(service);
    this.#tellServing(service, causes);
    if (servedAsNat === null || servedAsNat === before) return;
    const event = { type: 'served-as-nat', service: name, message: servedAsNat } as const;
    this.#events.append({ ...event, cause: causes.service });
  }

  /** What other servers do because of a change is owed to it, unless something about the service itself is. */
  #tellServing(desired: DesiredService, causes: Causes): void {
    const { services, serving } = this.#config;
    const service = services.get(desired.key);
    const before = serving.decided(desired.key, desired.serving);
    if (service === undefined) return;
    const told = servingEvents(service, before, desired, causes);
    this.#events.appendAll(told);
    if (told.length > 0) causes.service ??= this.#events.lastSeq;
  }
}
