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
import type { SchedulerServer } from './types.js';
import { productExceeds } from './weights.js';

export class NeverQueue extends ListScheduler {
  /** One scan for both: it ends at the first idle server, else it has found sed's choice. */
  pick(): SchedulerServer | null {
    let best: SchedulerServer | null = null;
    let bestOverhead = Infinity;
    let bestWeight = 1;
    for (const server of this.servers) {
      const active = server.activeConnections;
      if (active === 0 && usable(server)) return server;
      const weight = server.weight;
      if (productExceeds(bestOverhead, weight, active + 1, bestWeight) && !server.overloaded) {
        best = server;
        bestOverhead = active + 1;
        bestWeight = weight;
      }
    }
    return best;
  }
}
