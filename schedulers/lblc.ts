/**
 * Locality-based least connections, for caches behind a transparent proxy.
 *
 * Choice: the server remembered for the flow's destination address while it is in the list, has weight and is not
 * busy; else wlc's choice, which is remembered. Busy: active > weight while some server has 2 * active < weight.
 * Ties: as wlc, the first in list order.
 * Weight 0: never. Overloaded: not by wlc, but a remembered server keeps its addresses. wlc finds none: null, and
 * the memory stays.
 * Memory: see address-cache.ts; a removed server is remembered on and serves again when the same object returns.
 * Cost: O(1) when remembered, else O(n). Only a new address allocates.
 * Kernel counterpart: net/netfilter/ipvs/ip_vs_lblc.c.
 */
import { AddressCache, CacheEntry, type AddressCacheOptions } from './address-cache.js';
import { CachingScheduler, type CacheMember } from './caching-scheduler.js';
import { activeFactor } from './least-loaded.js';
import type { Flow, KernelGeneration, SchedulerServer } from './types.js';

class Entry extends CacheEntry<Entry> {
  member: CacheMember;

  constructor(member: CacheMember, nowMs: number) {
    super(nowMs);
    this.member = member;
  }
}

export class LocalityLeastConnection extends CachingScheduler {
  readonly #cache: AddressCache<Entry>;

  constructor(generation: KernelGeneration, options: AddressCacheOptions) {
    super(activeFactor(generation));
    this.#cache = new AddressCache(options);
  }

  pick(flow: Flow, nowMs: number): SchedulerServer | null {
    const entry = this.#cache.find(flow.family, flow.destination, nowMs);
    if (entry !== null) {
      entry.lastUseMs = nowMs;
      const { member } = entry;
      if (member.available && member.server.weight > 0 && !this.busy(member.server)) return member.server;
    }
    const chosen = this.leastLoaded();
    if (chosen === null) return null;
    this.#remember(entry, chosen, nowMs);
    return chosen.server;
  }

  #remember(entry: Entry | null, chosen: CacheMember, nowMs: number): void {
    if (entry === null) {
      this.#cache.insert(new Entry(chosen, nowMs));
    } else if (entry.member !== chosen) {
      entry.member = chosen;
      this.#cache.noteReplaced();
    }
  }
}
