/** The table as the controller believes it to be: the last dump and every change acknowledged since. */
import type { ObservedService, ObservedTable, Step } from '../dataplane/types.js';
import type { ServiceKey } from '../model/keys.js';
import { observeApplied } from './observe-applied.js';

/** Holds no plane: dumps are handed in. */
export class BelievedTable {
  #services = new Map<ServiceKey, ObservedService>();
  #stale = new Set<ServiceKey>();

  /** A live view. */
  get services(): ObservedTable {
    return this.#services;
  }

  /** Services whose entry may be wrong, because a step of theirs failed half-way. */
  get stale(): ReadonlySet<ServiceKey> {
    return this.#stale;
  }

  /**
   * Takes over a full dump.
   *
   * @param keep services whose settings, servers and weights stay as believed: what others changed there is not ours to
   *   undo. What is counted there is taken over all the same.
   */
  replaceAll(fresh: ObservedTable, keep: (key: ServiceKey) => boolean): void {
    this.#services = mergeDump(this.#services, fresh, (key) => !this.#stale.has(key) && keep(key));
    this.#stale = new Set();
  }

  /** Takes over a dump of the named services. */
  replaceSome(keys: ReadonlySet<ServiceKey>, fresh: ObservedTable): void {
    for (const key of keys) {
      this.#set(key, fresh.get(key));
      this.#stale.delete(key);
    }
  }

  /** Takes over what a look at the named services has counted, and nothing else: what differs there is not judged yet. */
  recount(keys: ReadonlySet<ServiceKey>, fresh: ObservedTable): void {
    for (const key of keys) {
      const entry = this.#services.get(key);
      if (entry !== undefined) this.#services.set(key, recounted(entry, fresh.get(key)));
    }
  }

  /** Takes over what the plane has done, in its order. */
  acknowledge(applied: readonly Step[]): void {
    for (const [key, steps] of stepsByService(applied))
      this.#set(key, observeApplied(this.#services.get(key), steps));
  }

  markStale(key: ServiceKey): void {
    this.#stale.add(key);
  }

  #set(key: ServiceKey, entry: ObservedService | undefined): void {
    if (entry === undefined) this.#services.delete(key);
    else this.#services.set(key, entry);
  }
}

/** The fresh table, but with the believed entries of the services to keep. */
function mergeDump(
  believed: ObservedTable,
  fresh: ObservedTable,
  keep: (key: ServiceKey) => boolean,
): Map<ServiceKey, ObservedService> {
  const merged = new Map(fresh);
  for (const [key, entry] of believed) if (keep(key)) merged.set(key, recounted(entry, fresh.get(key)));
  return merged;
}

/** As believed, but with what the fresh look has counted: who drains must be seen to be idle. */
function recounted(believed: ObservedService, fresh: ObservedService | undefined): ObservedService {
  if (fresh === undefined) return believed;
  const servers = [...believed.servers.values()].map((server) => {
    const { activeConnections, inactiveConnections, persistentConnections, counters } =
      fresh.servers.get(server.key) ?? server;
    const templates = persistentConnections === undefined ? {} : { persistentConnections };
    const counted = { ...server, activeConnections, inactiveConnections, ...templates, counters };
    return [server.key, counted] as const;
  });
  return { ...believed, servers: new Map(servers), counters: fresh.counters };
}

function stepsByService(steps: readonly Step[]): ReadonlyMap<ServiceKey, readonly Step[]> {
  const byService = new Map<ServiceKey, Step[]>();
  for (const step of steps) {
    const { key } = step.service;
    const ofService = byService.get(key);
    if (ofService === undefined) byService.set(key, [step]);
    else ofService.push(step);
  }
  return byService;
}
