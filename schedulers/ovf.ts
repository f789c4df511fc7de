/**
 * Weighted overflow.
 *
 * Choice: the highest weight among servers with active <= weight: a server fills up to weight + 1 active
 * connections, then the next lower one takes over.
 * Ties: the first in list order.
 * Weight: rank and capacity; 0 and overloaded are passed over. All full: null. UDP is never active, so it never
 * overflows.
 * Cost: O(n), no state.
 * Kernel counterpart: net/netfilter/ipvs/ip_vs_ovf.c.
 */
import { ListScheduler } from './list-scheduler.js';
import type { SchedulerServer } from './types.js';

export class Overflow extends ListScheduler {
  pick(): SchedulerServer | null {
    let best: SchedulerServer | null = null;
    let bestWeight = 0;
    for (const server of this.servers) {
      const weight = server.weight;
      if (weight > bestWeight && !server.overloaded && server.activeConnections <= weight) {
        best = server;
        bestWeight = weight;
      }
    }
    return best;
  }
}
