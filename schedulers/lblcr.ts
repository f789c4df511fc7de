/**
 * Locality-based least connections with replication: a set of servers for each destination address.
 *
 * Choice: the least loaded member (wlc's rule, in set order) of the set remembered for the flow's destination, if
 * it is not busy; else wlc's choice over the whole list, which joins the set at its head. Busy: active > weight
 * while some server has 2 * active < weight.
 * Shrinking: a set of two or more that did not change for the expiration time loses its most loaded member.
 * Ties: the first in set or list order.
 * Weight 0 and overloaded: never. wlc finds none: null, and the memory stays.
 * Memory: see address-cache.ts; a removed server stays in its sets and serves again when the same object returns.
 * Cost: O(set), else O(n). Only a new address or member allocates.
 * Kernel counterpart: net/netfilter/ipvs/ip_vs_lblcr.c.
 */
import { AddressCache, CacheEntry, type AddressCacheOptions } from './address-cache.js';
import { CachingScheduler, type CacheMember } from './caching-scheduler.js';
import { activeFactor } from './least-loaded.js';
import type { Flow, KernelGeneration, SchedulerServer } from './types.js';
import { productExceeds } from './weights.js';

class Entry extends CacheEntry<Entry> {
  /** Latest member first. */
  readonly members: CacheMember[];
  changedMs: number;

  constructor(member: CacheMember, nowMs: number) {
    super(nowMs);
    this.members = [member];
    this.changedMs = nowMs;
  }

  join(member: CacheMember, nowMs: number): void {
    if (this.members.includes(member)) return;
    this.members.unshift(member);
    this.changedMs = nowMs;
  }
}

export class ReplicatedLocalityLeastConnection extends CachingScheduler {
  readonly #factor: number;
  readonly #expirationMs: number;
  readonly #cache: AddressCache<Entry>;

  constructor(generation: KernelGeneration, options: AddressCacheOptions) {
    super(activeFactor(generation));
    this.#factor = activeFactor(generation);
    this.#expirationMs = options.expirationMs;
    this.#cache = new AddressCache(options);
  }

  pick(flow: Flow, nowMs: number): SchedulerServer | null {
    const entry = this.#cache.find(flow.family, flow.destination, nowMs);
    if (entry !== null) {
      const server = this.#pickFromSet(entry, nowMs);
      if (server !== null && !this.busy(server)) return server;
    }
    const chosen = this.leastLoaded();
    if (chosen === null) return null;
    if (entry === null) this.#cache.insert(new Entry(chosen, nowMs));
    else entry.join(chosen, nowMs);
    return chosen.server;
  }

  #pickFromSet(entry: Entry, nowMs: number): SchedulerServer | null {
    entry.lastUseMs = nowMs;
    const least = this.#leastLoadedMember(entry.members);
    if (entry.members.length > 1 && nowMs > entry.changedMs + this.#expirationMs) this.#shrink(entry, nowMs);
    return least;
  }

  #leastLoadedMember(members: readonly CacheMember[]): SchedulerServer | null {
    let best: SchedulerServer | null = null;
    let bestOverhead = Infinity;
    let bestWeight = 1;
    for (const { available, server } of members) {
      if (!available || server.overloaded) continue;
      const weight = server.weight;
      const overhead = server.activeConnections * this.#factor + server.inactiveConnections;
      if (productExceeds(bestOverhead, weight, overhead, bestWeight)) {
        best = server;
        bestOverhead = overhead;
        bestWeight = weight;
      }
    }
    return best;
  }

  /** Takes the most loaded member with weight out of the set, in the list or not, overloaded or not. */
  #shrink(entry: Entry, nowMs: number): void {
    let most = -1;
    let mostOverhead = 0;
    let mostWeight = 0;
    for (const [index, { server }] of entry.members.entries()) {
      const weight = server.weight;
      if (weight <= 0) continue;
      const overhead = server.activeConnections * this.#factor + server.inactiveConnections;
      if (most < 0 || productExceeds(overhead, mostWeight, mostOverhead, weight)) {
        most = index;
        mostOverhead = overhead;
        mostWeight = weight;
      }
    }
    if (most < 0) return;
    entry.members.splice(most, 1);
    entry.changedMs = nowMs;
  }
}
