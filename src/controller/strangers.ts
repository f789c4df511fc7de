/**
 * Servers that were already in a service when lvsd took it over. Somebody may depend on them, so they are
 * drained instead of deleted. Pure.
 */
import type { ObservedTable } from '../dataplane/types.js';
import type { DesiredState } from '../model/desired-state.js';
import type { ServerKey, ServiceKey } from '../model/keys.js';

/** By service: the servers that lvsd did not put there. Services without any are absent. */
export type Strangers = ReadonlyMap<ServiceKey, ReadonlySet<ServerKey>>;

/**
 * Brings the list up to date: adds what the services taken over have in the table and no configuration knows,
 * and drops servers that have come into the file since, for those are ours from then on.
 *
 * @param adopted the services that lvsd takes over at this moment
 */
export function updateStrangers(
  known: Strangers,
  adopted: Iterable<ServiceKey>,
  desired: DesiredState,
  observed: ObservedTable,
): Strangers {
  const updated = findStrangers(adopted, desired, observed);
  for (const [key, servers] of known) {
    const configured = configuredServers(desired, key);
    const left = [...servers].filter((server) => !configured.has(server));
    if (desired.has(key) && left.length > 0) updated.set(key, new Set(left));
  }
  return updated;
}

function findStrangers(
  adopted: Iterable<ServiceKey>,
  desired: DesiredState,
  observed: ObservedTable,
): Map<ServiceKey, ReadonlySet<ServerKey>> {
  const strangers = new Map<ServiceKey, ReadonlySet<ServerKey>>();
  for (const key of adopted) {
    const configured = configuredServers(desired, key);
    const unknown = [...(observed.get(key)?.servers.keys() ?? [])].filter(
      (server) => !configured.has(server),
    );
    if (unknown.length > 0) strangers.set(key, new Set(unknown));
  }
  return strangers;
}

function configuredServers(desired: DesiredState, key: ServiceKey): ReadonlySet<ServerKey> {
  return new Set(desired.get(key)?.decisions.map((decision) => decision.server));
}
