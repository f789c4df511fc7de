/**
 * Shortest expected delay.
 *
 * Choice: the least (active + 1) / weight, as if the new connection were there already.
 * Ties: the first in list order. An idle service answers its heaviest server.
 * Weight: a speed; 0 and overloaded are passed over. None: null.
 * Cost: O(n), no state.
 * Kernel counterpart: net/netfilter/ipvs/ip_vs_sed.c.
 */
import { ListScheduler } from './list-scheduler.js';
import type { SchedulerServer } from './types.js';
import { productExceeds } from './weights.js';

export class ShortestExpectedDelay extends ListScheduler {
  pick(): SchedulerServer | null {
    let best: SchedulerServer | null = null;
    let bestOverhead = Infinity;
    let bestWeight = 1;
    for (const server of this.servers) {
      const weight = server.weight;
      const overhead = server.activeConnections + 1;
      if (productExceeds(bestOverhead, weight, overhead, bestWeight) && !server.overloaded) {
        best = server;
        bestOverhead = overhead;
        bestWeight = weight;
      }
    }
    return best;
  }
}
