/** Gives connections the names that status, events and metrics use: the data plane knows keys only. Pure. */
import type { ConnectionLine } from '../api/protocol.js';
import type { ConnectionRecord } from '../dataplane/types.js';
import type { ServerKey, ServiceKey } from '../model/keys.js';
import type { VirtualService } from '../model/virtual-service.js';

/**
 * A function that names one connection; a service or server that is not among `services` keeps its key as name.
 *
 * The names are looked up once, so a long listing costs two map look-ups a connection.
 */
export function connectionNamer(
  services: readonly VirtualService[],
): (record: ConnectionRecord) => ConnectionLine {
  const serviceNames = new Map<ServiceKey, string>();
  const serverNames = new Map<ServiceKey, ReadonlyMap<ServerKey, string>>();
  for (const { key, name, servers } of services) {
    serviceNames.set(key, name);
    serverNames.set(key, new Map(servers.map((server) => [server.key, server.name])));
  }
  return ({ service: serviceKey, server: serverKey, ...rest }) => ({
    service: serviceNames.get(serviceKey) ?? serviceKey,
    serviceKey,
    server: serverNames.get(serviceKey)?.get(serverKey) ?? serverKey,
    serverKey,
    ...rest,
  });
}
