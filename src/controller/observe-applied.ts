/** What the table looks like after a step that the plane acknowledged, so that no dump is needed to know it. Pure. */
import type { ObservedServer, ObservedService, Step } from '../dataplane/types.js';
import type { ServerKey } from '../model/keys.js';

const NO_TRAFFIC = { connections: 0, bytesIn: 0, bytesOut: 0, refused: 0 };

/**
 * The service's entry after the step; `entry` itself is not changed.
 *
 * As on the plane, an edit keeps counters and connections, and a new entry starts at zero.
 *
 * @param entry undefined when the service is not in the table
 * @returns undefined when the service is no longer in the table
 */
export function observeApplied(entry: ObservedService | undefined, step: Step): ObservedService | undefined {
  switch (step.kind) {
    case 'create-service':
    case 'edit-service':
      return { ...(entry ?? emptyEntry(step)), ...step.service };
    case 'add-server':
    case 'edit-server':
      return withServers(entry ?? emptyEntry(step), (servers) => {
        const server = servers.get(step.server.key) ?? NEW_SERVER;
        servers.set(step.server.key, { ...server, ...step.server });
      });
    case 'delete-server':
      return entry && withServers(entry, (servers) => void servers.delete(step.server.key));
    case 'delete-service':
      return undefined;
  }
}

const NEW_SERVER = {
  activeConnections: 0,
  inactiveConnections: 0,
  overloaded: null,
  counters: NO_TRAFFIC,
};

function emptyEntry(step: Step): ObservedService {
  return { ...step.service, servers: new Map(), counters: { ...NO_TRAFFIC, retries: 0 } };
}

function withServers(
  entry: ObservedService,
  change: (servers: Map<ServerKey, ObservedServer>) => void,
): ObservedService {
  const servers = new Map(entry.servers);
  change(servers);
  return { ...entry, servers };
}
