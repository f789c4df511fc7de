/**
 * Never queue.
 *
 * Choice: the first usable server without an active connection, whatever its weight; if all are busy, sed's
 * choice: the least (active + 1) / weight.
 * Ties: the first in list order.
 * Weight: counts only when all are busy; 0 and overloaded are passed over. None: null. UDP is never active, so
 * a UDP service always answers its first usable server.
 * Cost: O(n), no state.
 * Kernel counterpart: net/netfilter/ipvs/ip_vs_nq.c.
 */
import { ListScheduler, usable } from './list-scheduler.js';
import { shortestDelay } from './sed.js';
import type { SchedulerServer } from './types.js';

export class NeverQueue extends ListScheduler {
  pick(): SchedulerServer | null {
    for (const server of this.servers) {
      if (server.activeConnections === 0 && usable(server)) return server;
    }
    return shortestDelay(this.servers);
  }
}
