/**
 * Weighted fail-over.
 *
 * Choice: the usable server of the highest weight takes everything; the next one when it is gone.
 * Ties: the first in list order.
 * Weight: a rank; 0 and overloaded are passed over. None: null.
 * Cost: O(n), no state.
 * Kernel counterpart: net/netfilter/ipvs/ip_vs_fo.c.
 */
import { ListScheduler } from './list-scheduler.js';
import type { SchedulerServer } from './types.js';

export class FailOver extends ListScheduler {
  pick(): SchedulerServer | null {
    let best: SchedulerServer | null = null;
    let bestWeight = 0;
    for (const server of this.servers) {
      if (server.weight > bestWeight && !server.overloaded) {
        best = server;
        bestWeight = server.weight;
      }
    }
    return best;
  }
}
