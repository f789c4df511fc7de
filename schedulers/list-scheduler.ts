/** The ordered list that most schedulers work on, kept as the kernel keeps it: newest first. */
import { SchedulerError } from './errors.js';
import type { Flow, Scheduler, SchedulerServer } from './types.js';

/**
 * Keeps the list; the algorithm adds `pick`. Schedulers whose kernel counterpart has hooks override them and
 * call these first, as the kernel links before it calls the hook.
 */
export abstract class ListScheduler implements Scheduler {
  /** Newest first. */
  protected readonly servers: SchedulerServer[] = [];

  bind(servers: readonly SchedulerServer[]): void {
    for (const server of servers) this.servers.push(server);
  }

  /** @throws SchedulerError ERR_SCHEDULER_LIST when the server is in the list already */
  added(server: SchedulerServer): void {
    if (this.servers.includes(server)) {
      throw new SchedulerError(
        'ERR_SCHEDULER_LIST',
        `add server ${server.address}: it is in the list already`,
        {
          address: server.address,
          port: server.port,
        },
      );
    }
    this.servers.unshift(server);
  }

  edited(_server: SchedulerServer): void {
    // Weights and flags are read from the servers at each pick.
  }

  removed(server: SchedulerServer): void {
    const index = this.servers.indexOf(server);
    if (index >= 0) this.servers.splice(index, 1);
  }

  abstract pick(flow: Flow, nowMs: number): SchedulerServer | null;
}

/** True when the server may take a new connection: not quiesced and not overloaded. */
export function usable(server: SchedulerServer): boolean {
  return server.weight > 0 && !server.overloaded;
}
