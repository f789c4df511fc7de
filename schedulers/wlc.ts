/**
 * Weighted least connections, the default of most set-ups.
 *
 * Choice: the least overhead / weight, overhead = active * 256 + inactive (257 since generation `total`),
 * compared as products so that nothing is rounded.
 * Ties: the first in list order; an idle service therefore always answers its newest server.
 * Weight: a share of the load; 0 and overloaded are passed over. None: null.
 * Cost: O(n), no state.
 * Kernel counterpart: net/netfilter/ipvs/ip_vs_wlc.c.
 */
import { activeFactor, leastLoaded } from './least-loaded.js';
import { ListScheduler } from './list-scheduler.js';
import type { KernelGeneration, SchedulerServer } from './types.js';

export class WeightedLeastConnection extends ListScheduler {
  readonly #factor: number;

  constructor(generation: KernelGeneration) {
    super();
    this.#factor = activeFactor(generation);
  }

  pick(): SchedulerServer | null {
    return leastLoaded(this.servers, this.#factor);
  }
}
