/** Removed servers that connections still remember: the kernel's trash, from which a server returns with its counts. */
import type { ServerKey, ServiceKey } from '../../model/keys.js';
import type { ProxyServer } from './proxy-server.js';

export class ServerTrash {
  readonly #services = new Map<ServiceKey, Map<ServerKey, ProxyServer>>();

  /** Keeps an unlinked server unless nothing counts on it. */
  put(service: ServiceKey, server: ProxyServer): void {
    if (server.idle) return;
    const servers = this.#services.get(service) ?? new Map<ServerKey, ProxyServer>();
    servers.set(server.key, server);
    this.#services.set(service, servers);
  }

  /** The remembered servers of one service. */
  of(service: ServiceKey): Iterable<ProxyServer> {
    return this.#services.get(service)?.values() ?? [];
  }

  /** Hands a remembered server back, or null. */
  take(service: ServiceKey, key: ServerKey): ProxyServer | null {
    const servers = this.#services.get(service);
    const server = servers?.get(key);
    if (servers === undefined || server === undefined) return null;
    servers.delete(key);
    if (servers.size === 0) this.#services.delete(service);
    return server;
  }

  /** Lets go of every server that has become idle. */
  purge(nowMs: number): void {
    for (const [service, servers] of this.#services) {
      for (const server of servers.values()) {
        server.expireCounts(nowMs);
        if (server.idle) servers.delete(server.key);
      }
      if (servers.size === 0) this.#services.delete(service);
    }
  }

  get size(): number {
    let total = 0;
    for (const servers of this.#services.values()) total += servers.size;
    return total;
  }
}
