/**
 * Least connections.
 *
 * Choice: the least overhead = active * 256 + inactive (257 since generation `total`).
 * Ties: the first in list order, that is the newest.
 * Weight: its size has no effect; 0 and overloaded are passed over. None: null.
 * Cost: O(n), no state.
 * Kernel counterpart: net/netfilter/ipvs/ip_vs_lc.c.
 */
import { activeFactor } from './least-loaded.js';
import { ListScheduler, usable } from './list-scheduler.js';
import type { KernelGeneration, SchedulerServer } from './types.js';

export class LeastConnection extends ListScheduler {
  readonly #factor: number;

  constructor(generation: KernelGeneration) {
    super();
    this.#factor = activeFactor(generation);
  }

  pick(): SchedulerServer | null {
    const factor = this.#factor;
    let best: SchedulerServer | null = null;
    let bestOverhead = Infinity;
    for (const server of this.servers) {
      const overhead = server.activeConnections * factor + server.inactiveConnections;
      if (overhead < bestOverhead && usable(server)) {
        best = server;
        bestOverhead = overhead;
      }
    }
    return best;
  }
}
