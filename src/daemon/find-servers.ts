/** Which servers an operator means. Pure. */
import type { RealServer } from '../model/real-server.js';
import type { VirtualService } from '../model/virtual-service.js';

export interface FoundServer {
  readonly service: VirtualService;
  readonly server: RealServer;
}

/**
 * Servers by name, `address:port` or address, in the order of the file; empty when there is none.
 *
 * @param service name; undefined = all services
 */
export function findServers(
  services: readonly VirtualService[],
  service: string | undefined,
  server: string,
): FoundServer[] {
  return services
    .filter(({ name }) => service === undefined || name === service)
    .flatMap((found) =>
      found.servers
        .filter((candidate) => isMeant(candidate, server))
        .map((match) => ({ service: found, server: match })),
    );
}

function isMeant({ name, key, address }: RealServer, text: string): boolean {
  return name === text || key === text || address === text;
}
