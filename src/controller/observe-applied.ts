/** What the table looks like after steps that the plane acknowledged, so that no dump is needed to know it. Pure. */
import type { ObservedServer, ObservedService, Step } from '../dataplane/types.js';
import type { TableServer, TableService } from '../model/desired-state.js';
import type { ServerKey } from '../model/keys.js';

/** A service's entry while its steps are gone through. */
interface Draft extends ObservedService {
  readonly servers: Map<ServerKey, ObservedServer>;
}

const NO_TRAFFIC = { connections: 0, bytesIn: 0, bytesOut: 0, refused: 0 };

/**
 * The service's entry after the steps; `entry` itself is not changed. Takes time by servers plus steps.
 *
 * As on the plane, an edit keeps counters and connections, and a new entry starts at zero.
 *
 * @param entry undefined when the service is not in the table
 * @param steps of this service alone, in the order in which they ran
 * @returns undefined when the service is no longer in the table
 */
export function observeApplied(
  entry: ObservedService | undefined,
  steps: readonly Step[],
): ObservedService | undefined {
  let draft: Draft | undefined = entry && { ...entry, servers: new Map(entry.servers) };
  for (const step of steps) draft = after(draft, step);
  return draft;
}

/** Changes the draft's servers in place: a copy for each of ten thousand added servers would take seconds. */
function after(draft: Draft | undefined, step: Step): Draft | undefined {
  switch (step.kind) {
    case 'create-service':
    case 'edit-service':
      return { ...(draft ?? emptyEntry(step.service)), ...step.service };
    case 'add-server':
    case 'edit-server': {
      const next = draft ?? emptyEntry(step.service);
      next.servers.set(step.server.key, entryOf(step.server, next.servers.get(step.server.key)));
      return next;
    }
    case 'delete-server':
      draft?.servers.delete(step.server.key);
      return draft;
    case 'delete-service':
      return undefined;
  }
}

/** Field by field: spread objects of this size take ten times as long, and a cold start makes ten thousand. */
function entryOf(server: TableServer, before: ObservedServer | undefined): ObservedServer {
  return {
    name: server.name,
    key: server.key,
    family: server.family,
    address: server.address,
    port: server.port,
    weight: server.weight,
    forwarding: server.forwarding,
    tunnel: server.tunnel,
    upperThreshold: server.upperThreshold,
    lowerThreshold: server.lowerThreshold,
    activeConnections: before?.activeConnections ?? 0,
    inactiveConnections: before?.inactiveConnections ?? 0,
    overloaded: before?.overloaded ?? null,
    counters: before?.counters ?? NO_TRAFFIC,
  };
}

function emptyEntry(service: TableService): Draft {
  return { ...service, servers: new Map(), counters: { ...NO_TRAFFIC, retries: 0 } };
}
