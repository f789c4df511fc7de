/** lblc and lblcr: each packet destination remembers which server, or which servers, it was sent to. */
import { addressKey, foldAddress } from './addresses.js';
import { hash32 } from './hashes.js';
import { leastByWeight, lessLoaded } from './least.js';
import { overhead } from './load.js';
import type { Algorithm, Destination, Generation, ServiceOptions } from './model.js';

const BUCKETS = 1024;
const BUCKET_BITS = 10;
const MAX_SIZE = 16_384;
const CAPPED_ENTRIES = 24_576;
const TICK_MS = 60_000;
const TICKS_PER_FULL_CHECK = 30;
const PARTIAL_IDLE_MS = 360_000;

interface Used {
  lastUseMs: number;
}

/** The entries of one cache and the timer that expires them; its first tick is 60 s after the first call. */
class Cache<Entry extends Used> {
  readonly #buckets = Array.from({ length: BUCKETS }, () => new Map<string, Entry>());
  readonly #expirationMs: number;
  /** What the kernel believes it holds; classic and total count a replaced entry twice. */
  entries = 0;
  #rover = 0;
  #counter = 1;
  #nextTickMs: number | null = null;

  constructor(expirationMs: number) {
    this.#expirationMs = expirationMs;
  }

  get(address: string): Entry | undefined {
    return this.#bucket(address).get(addressKey(address));
  }

  set(address: string, entry: Entry): void {
    this.#bucket(address).set(addressKey(address), entry);
  }

  /** Runs every tick that is due. */
  advanceTo(nowMs: number): void {
    this.#nextTickMs ??= nowMs + TICK_MS;
    while (this.#nextTickMs <= nowMs) {
      this.#tick(this.#nextTickMs);
      this.#nextTickMs += TICK_MS;
    }
  }

  #bucket(address: string): Map<string, Entry> {
    return this.#buckets[hash32(foldAddress(address), BUCKET_BITS)]!;
  }

  #tick(nowMs: number): void {
    if (this.#counter % TICKS_PER_FULL_CHECK === 0) {
      for (const bucket of this.#buckets) this.#expire(bucket, nowMs, this.#expirationMs);
      this.#counter = 1;
    } else if (this.entries <= MAX_SIZE) {
      this.#counter += 1;
    } else {
      this.#partialCheck(nowMs);
    }
  }

  #partialCheck(nowMs: number): void {
    let goal = Math.min(Math.floor(((this.entries - MAX_SIZE) * 4) / 3), MAX_SIZE / 2);
    let index = this.#rover;
    for (let visited = 0; visited < BUCKETS; visited++) {
      index = (index + 1) % BUCKETS;
      goal -= this.#expire(this.#buckets[index]!, nowMs, PARTIAL_IDLE_MS);
      if (goal <= 0) break;
    }
    this.#rover = index;
  }

  /** Removes what has been idle for so long and says how many that were. */
  #expire(bucket: Map<string, Entry>, nowMs: number, idleMs: number): number {
    let removed = 0;
    for (const [key, entry] of bucket) {
      if (nowMs >= entry.lastUseMs + idleMs) {
        bucket.delete(key);
        this.entries -= 1;
        removed += 1;
      }
    }
    return removed;
  }
}

/** Over its weight while another destination of the service has less than half its own. */
function busy(destination: Destination, list: readonly Destination[]): boolean {
  return destination.active > destination.weight && list.some((other) => 2 * other.active < other.weight);
}

interface LblcEntry extends Used {
  destination: Destination;
}

/** lblc: one server a destination address, left only when it is gone, quiesced or busy. */
export function localityBased(list: readonly Destination[], options: ServiceOptions): Algorithm {
  const cache = new Cache<LblcEntry>(options.expirationMs);
  const capped = options.generation === 'capped';

  function remember(address: string, destination: Destination, nowMs: number): void {
    const known = cache.get(address);
    if (known?.destination === destination) return;
    if (known === undefined) {
      if (capped && cache.entries >= CAPPED_ENTRIES) return;
      cache.entries += 1;
    } else if (!capped) {
      cache.entries += 1;
    }
    cache.set(address, { destination, lastUseMs: nowMs });
  }

  return {
    schedule(packet, nowMs) {
      cache.advanceTo(nowMs);
      const entry = cache.get(packet.destination);
      if (entry !== undefined) {
        entry.lastUseMs = nowMs;
        const { destination } = entry;
        if (destination.available && destination.weight > 0 && !busy(destination, list)) return destination;
      }
      const destination = leastByWeight(list, options.generation);
      if (destination !== null) remember(packet.destination, destination, nowMs);
      return destination;
    },
  };
}

interface LblcrEntry extends Used {
  /** Newest member first. */
  members: Destination[];
  lastModifiedMs: number;
}

/** lblcr: a set of servers a destination address, which grows when busy and shrinks with time. */
export function localityBasedReplicated(list: readonly Destination[], options: ServiceOptions): Algorithm {
  const cache = new Cache<LblcrEntry>(options.expirationMs);
  const capped = options.generation === 'capped';

  function shrink(entry: LblcrEntry, nowMs: number): void {
    if (entry.members.length <= 1 || nowMs <= entry.lastModifiedMs + options.expirationMs) return;
    const loaded = mostLoadedMember(entry.members, options.generation);
    if (loaded === null) return;
    entry.members = entry.members.filter((member) => member !== loaded);
    entry.lastModifiedMs = nowMs;
  }

  function remember(address: string, destination: Destination, nowMs: number): void {
    const known = cache.get(address);
    if (known === undefined) {
      if (capped && cache.entries >= CAPPED_ENTRIES) return;
      cache.entries += 1;
      cache.set(address, { members: [destination], lastModifiedMs: nowMs, lastUseMs: nowMs });
    } else if (!known.members.includes(destination)) {
      known.members = [destination, ...known.members];
      known.lastModifiedMs = nowMs;
    }
  }

  return {
    schedule(packet, nowMs) {
      cache.advanceTo(nowMs);
      const entry = cache.get(packet.destination);
      if (entry !== undefined) {
        entry.lastUseMs = nowMs;
        const member = leastLoadedMember(entry.members, options.generation);
        shrink(entry, nowMs);
        if (member !== null && !busy(member, list)) return member;
      }
      const destination = leastByWeight(list, options.generation);
      if (destination !== null) remember(packet.destination, destination, nowMs);
      return destination;
    },
  };
}

function leastLoadedMember(members: readonly Destination[], generation: Generation): Destination | null {
  let least: Destination | null = null;
  for (const member of members) {
    if (!member.available || member.overload) continue;
    if (least === null ? member.weight > 0 : lessLoaded(least, member, generation)) least = member;
  }
  return least;
}

/** OVERLOAD and removal do not matter here. */
function mostLoadedMember(members: readonly Destination[], generation: Generation): Destination | null {
  let most: Destination | null = null;
  for (const member of members) {
    if (member.weight === 0) continue;
    if (most === null || moreLoaded(most, member, generation)) most = member;
  }
  return most;
}

function moreLoaded(most: Destination, next: Destination, generation: Generation): boolean {
  return overhead(most, generation) * BigInt(next.weight) < overhead(next, generation) * BigInt(most.weight);
}
