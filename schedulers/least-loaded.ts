/** The weighted least-connection scan that wlc, lblc and lblcr share. */
import type { KernelGeneration, SchedulerServer } from './types.js';
import { productExceeds } from './weights.js';

/**
 * What one active connection weighs against one inactive: 256, or 257 since the kernel counts an active
 * connection among the total as well.
 *
 * @see include/net/ip_vs.h (ip_vs_dest_conn_overhead)
 */
export function activeFactor(generation: KernelGeneration): number {
  return generation === 'classic' ? 256 : 257;
}

/**
 * The server with the least `overhead / weight`, where overhead = active * factor + inactive; the first in list
 * order on a tie. Servers that are overloaded or have weight 0 are passed over. O(n).
 */
export function leastLoaded(servers: readonly SchedulerServer[], factor: number): SchedulerServer | null {
  let best: SchedulerServer | null = null;
  let bestOverhead = Infinity;
  let bestWeight = 1;
  for (const server of servers) {
    const weight = server.weight;
    const overhead = server.activeConnections * factor + server.inactiveConnections;
    if (productExceeds(bestOverhead, weight, overhead, bestWeight) && !server.overloaded) {
      best = server;
      bestOverhead = overhead;
      bestWeight = weight;
    }
  }
  return best;
}
