/**
 * Source hashing.
 *
 * Choice: bucket h = hash32(fold(source) + port, bits) of a table of 2^bits (256 by default); port is the source
 * port with `sh-port`, else 0. The list is walked cyclically; each server takes `max(weight, 1)` buckets a turn
 * until the table is full: a weight of the table's size at the head takes everything.
 * Ties: none.
 * Weight 0 or overloaded: its buckets answer null; with `sh-fallback` the buckets 2h, 2h + 1, ... are tried (the
 * kernel counts from h and adds it again).
 * Any add, removal or edit deals the buckets anew.
 * Cost: O(1), with fallback O(size) at worst; the first pick after a change O(size).
 * Kernel counterpart: net/netfilter/ipvs/ip_vs_sh.c.
 */
import { AddressReader } from './address.js';
import { hash32 } from './hash.js';
import { ListScheduler, usable } from './list-scheduler.js';
import type { Flow, SchedulerServer } from './types.js';

/** What the service's flags and the kernel's build decide. */
export interface SourceHashingOptions {
  /** `sh-port`: the source port is part of the key. */
  readonly port: boolean;
  /** `sh-fallback`: look further when the bucket's server cannot take it. */
  readonly fallback: boolean;
  /** 4..20. */
  readonly tableBits: number;
}

export class SourceHashing extends ListScheduler {
  readonly #port: boolean;
  readonly #fallback: boolean;
  readonly #bits: number;
  readonly #reader = new AddressReader();
  readonly #table: (SchedulerServer | null)[];
  /** The table no longer is what the list gives; it is dealt once for a row of changes. */
  #stale = false;

  constructor(options: SourceHashingOptions) {
    super();
    this.#port = options.port;
    this.#fallback = options.fallback;
    this.#bits = options.tableBits;
    this.#table = new Array<SchedulerServer | null>(1 << options.tableBits).fill(null);
  }

  override bind(servers: readonly SchedulerServer[]): void {
    super.bind(servers);
    this.#stale = true;
  }

  override added(server: SchedulerServer): void {
    super.added(server);
    this.#stale = true;
  }

  override edited(server: SchedulerServer): void {
    super.edited(server);
    this.#stale = true;
  }

  override removed(server: SchedulerServer): void {
    super.removed(server);
    this.#stale = true;
  }

  pick(flow: Flow): SchedulerServer | null {
    if (this.#stale) this.#deal();
    const fold = this.#reader.foldOf(flow.family, flow.source);
    const bucket = hash32(this.#port ? fold + flow.sourcePort : fold, this.#bits);
    const server = this.#table[bucket] ?? null;
    if (server === null || usable(server)) return server;
    return this.#fallback ? this.#lookFurther(bucket) : null;
  }

  #lookFurther(bucket: number): SchedulerServer | null {
    const size = this.#table.length;
    for (let offset = 0; offset < size; offset++) {
      const server = this.#table[(2 * bucket + offset) % size] ?? null;
      if (server === null || usable(server)) return server;
    }
    return null;
  }

  #deal(): void {
    this.#stale = false;
    const table = this.#table;
    if (this.servers.length === 0) {
      table.fill(null);
      return;
    }
    let bucket = 0;
    while (bucket < table.length) {
      for (const server of this.servers) {
        const end = Math.min(bucket + Math.max(server.weight, 1), table.length);
        table.fill(server, bucket, end);
        bucket = end;
      }
    }
  }
}
