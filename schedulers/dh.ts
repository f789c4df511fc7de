/**
 * Destination hashing.
 *
 * Choice: bucket hash32(fold(destination), 8) of a table of 256, filled with the list over and over.
 * The destination is what the client addressed: one server for all clients of an address service; only services
 * with many addresses (fwmark, match) spread.
 * Ties: none. Weight: its size has no effect; a bucket whose server has weight 0 or is overloaded answers null,
 * without looking further. Any add or removal deals the buckets anew; an edit does not.
 * Cost: O(1); a change of the list O(256).
 * Kernel counterpart: net/netfilter/ipvs/ip_vs_dh.c.
 */
import { AddressReader } from './address.js';
import { hash32 } from './hash.js';
import { ListScheduler, usable } from './list-scheduler.js';
import type { Flow, SchedulerServer } from './types.js';

const TABLE_BITS = 8;
const TABLE_SIZE = 1 << TABLE_BITS;

export class DestinationHashing extends ListScheduler {
  readonly #reader = new AddressReader();
  readonly #table = new Array<SchedulerServer | null>(TABLE_SIZE).fill(null);

  override bind(servers: readonly SchedulerServer[]): void {
    super.bind(servers);
    this.#deal();
  }

  override added(server: SchedulerServer): void {
    super.added(server);
    this.#deal();
  }

  override removed(server: SchedulerServer): void {
    super.removed(server);
    this.#deal();
  }

  pick(flow: Flow): SchedulerServer | null {
    const fold = this.#reader.foldOf(flow.family, flow.destination);
    const server = this.#table[hash32(fold, TABLE_BITS)] ?? null;
    return server !== null && usable(server) ? server : null;
  }

  #deal(): void {
    const count = this.servers.length;
    for (let bucket = 0; bucket < TABLE_SIZE; bucket++) {
      this.#table[bucket] = this.servers[bucket % count] ?? null;
    }
  }
}
