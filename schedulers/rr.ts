/**
 * Round robin.
 *
 * Choice: the next usable server after the last choice, in list order, wrapping once.
 * Ties: none; list order decides. Newcomers stand at the head and are met after the next wrap.
 * Weight: its size has no effect; 0 and overloaded are passed over. None usable: null, and the cursor stays.
 * Cost: O(1) while servers are usable, O(n) at worst.
 * Kernel counterpart: net/netfilter/ipvs/ip_vs_rr.c.
 */
import { ListScheduler, usable } from './list-scheduler.js';
import type { SchedulerServer } from './types.js';

/** Before the first server: where the kernel's cursor points at the list head itself. */
const HEAD = -1;

export class RoundRobin extends ListScheduler {
  #cursor = HEAD;

  override added(server: SchedulerServer): void {
    super.added(server);
    if (this.#cursor !== HEAD) this.#cursor++;
  }

  /** A cursor on the leaving server moves to its predecessor. */
  override removed(server: SchedulerServer): void {
    const index = this.servers.indexOf(server);
    if (index < 0) return;
    this.servers.splice(index, 1);
    if (index <= this.#cursor) this.#cursor--;
  }

  pick(): SchedulerServer | null {
    const servers = this.servers;
    const count = servers.length;
    let index = this.#cursor;
    for (let visited = 0; visited < count; visited++) {
      index = index + 1 === count ? 0 : index + 1;
      const server = servers[index];
      if (server !== undefined && usable(server)) {
        this.#cursor = index;
        return server;
      }
    }
    return null;
  }
}
