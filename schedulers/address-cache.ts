/**
 * The table that lblc and lblcr remember destination addresses in: 1024 chained buckets, and the timer that
 * drops idle entries. No clock here: the timer's ticks are caught up with at the next pick.
 */
import { AddressReader } from './address.js';
import { hash32 } from './hash.js';
import type { Family } from './types.js';

const TABLE_BITS = 10;
const TABLE_SIZE = 1 << TABLE_BITS;
/** Entries above which a tick drops some early; half as many again is the limit of generation `capped`. */
const MAX_SIZE = 16 * TABLE_SIZE;
const SIZE_LIMIT = MAX_SIZE * 1.5;
const TICK_MS = 60_000;
/** Every thirtieth tick looks at the whole table. */
const TICKS_PER_FULL_CHECK = 30;
/** Idle time after which a table that is too large drops an entry. */
const IDLE_MS = 360_000;

/** What an entry must have; its owner adds what it remembers. */
export abstract class CacheEntry<E> {
  word0 = 0;
  word1 = 0;
  word2 = 0;
  word3 = 0;
  next: E | null = null;
  lastUseMs: number;

  constructor(nowMs: number) {
    this.lastUseMs = nowMs;
  }
}

/** What decides how large a cache grows and how long it remembers. */
export interface AddressCacheOptions {
  /** Idle time after which a full check drops an entry, milliseconds. */
  readonly expirationMs: number;
  /** Generation `capped`: a size limit, and replaced entries no longer count. */
  readonly capped: boolean;
}

/** Remembers one entry an address. */
export class AddressCache<E extends CacheEntry<E>> {
  readonly #expirationMs: number;
  readonly #capped: boolean;
  readonly #buckets = new Array<E | null>(TABLE_SIZE).fill(null);
  readonly #reader = new AddressReader();
  /** Bucket of the address that was asked for last. */
  #bucket = 0;
  /** As the kernel counts: before `capped` it never forgets entries that were replaced. */
  #counted = 0;
  #rover = 0;
  #tick = 1;
  #nextTickMs = NaN;

  constructor(options: AddressCacheOptions) {
    this.#expirationMs = options.expirationMs;
    this.#capped = options.capped;
  }

  /**
   * Runs the ticks that fell due since the last call, then looks an address up. The full address counts, not
   * its hash. The address stays the subject of `insert` and `replace` until the next `find`.
   */
  find(family: Family, address: string, nowMs: number): E | null {
    if (!(nowMs < this.#nextTickMs)) this.#catchUp(nowMs);
    const reader = this.#reader;
    reader.read(family, address);
    this.#bucket = hash32(reader.fold(), TABLE_BITS);
    let entry = this.#buckets[this.#bucket] ?? null;
    while (entry !== null && !sameAddress(entry, reader)) entry = entry.next;
    return entry;
  }

  /** Remembers the entry for the address last asked for, unless the size limit forbids it. */
  insert(entry: E): void {
    if (this.#capped && this.#counted >= SIZE_LIMIT) return;
    const reader = this.#reader;
    entry.word0 = reader.word0;
    entry.word1 = reader.word1;
    entry.word2 = reader.word2;
    entry.word3 = reader.word3;
    entry.next = this.#buckets[this.#bucket] ?? null;
    this.#buckets[this.#bucket] = entry;
    this.#counted++;
  }

  /**
   * Notes that the entry last found now remembers something else, which the kernel does by a new entry: before
   * `capped` the old one stays in the count that the partial checks go by.
   */
  noteReplaced(): void {
    if (!this.#capped) this.#counted++;
  }

  #catchUp(nowMs: number): void {
    if (Number.isNaN(this.#nextTickMs)) this.#nextTickMs = nowMs + TICK_MS;
    while (this.#nextTickMs <= nowMs) {
      this.#runTick(this.#nextTickMs);
      this.#nextTickMs += TICK_MS;
    }
  }

  #runTick(tickMs: number): void {
    if (this.#tick % TICKS_PER_FULL_CHECK === 0) {
      for (let bucket = 0; bucket < TABLE_SIZE; bucket++) this.#drop(bucket, tickMs - this.#expirationMs);
      this.#tick = 1;
    } else if (this.#counted <= MAX_SIZE) {
      this.#tick++;
    } else {
      this.#partialCheck(tickMs);
    }
  }

  #partialCheck(tickMs: number): void {
    let goal = Math.min(Math.floor(((this.#counted - MAX_SIZE) * 4) / 3), MAX_SIZE / 2);
    let bucket = this.#rover;
    for (let visited = 0; visited < TABLE_SIZE && goal > 0; visited++) {
      bucket = (bucket + 1) % TABLE_SIZE;
      goal -= this.#drop(bucket, tickMs - IDLE_MS);
    }
    this.#rover = bucket;
  }

  /** Unlinks a bucket's entries that were last used at `untilMs` or before; tells how many. */
  #drop(bucket: number, untilMs: number): number {
    let dropped = 0;
    let kept: E | null = null;
    let entry = this.#buckets[bucket] ?? null;
    while (entry !== null) {
      const next: E | null = entry.next;
      if (entry.lastUseMs <= untilMs) {
        dropped++;
      } else {
        entry.next = kept;
        kept = entry;
      }
      entry = next;
    }
    this.#buckets[bucket] = kept;
    this.#counted -= dropped;
    return dropped;
  }
}

function sameAddress(entry: CacheEntry<unknown>, address: AddressReader): boolean {
  return (
    entry.word3 === address.word3 &&
    entry.word0 === address.word0 &&
    entry.word1 === address.word1 &&
    entry.word2 === address.word2
  );
}
