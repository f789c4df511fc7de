/**
 * Maglev hashing.
 *
 * Choice: slot h = H(k1, fold(source) + port) mod T of a lookup table of prime size T (4093 by default); port is the
 * source port with `mh-port`, else 0; H is SipHash-1-3 with constant keys.
 * Table: each server has its own permutation of the slots, from H(k1) (start) and H(k2) (stride) of its address and
 * port. In list order each takes its next free slots, as many a turn as its reduced weight, until all are taken.
 * Ties: none.
 * Weight: the last weight above 0 deals the slots, so quiescing moves nobody else. A slot whose server has weight 0
 * or is overloaded answers null; with `mh-fallback` the hashes of h, h + 1, ... are tried in turn.
 * More servers than slots: the table stays as it was.
 * Cost: O(1), with fallback O(T) at worst; the first pick after a change O(T log T) expected.
 * Kernel counterpart: net/netfilter/ipvs/ip_vs_mh.c; Eisenbud et al., Maglev, NSDI 2016.
 */
import { AddressReader } from './address.js';
import { hsiphash, type SipKey } from './hash.js';
import { ListScheduler, usable } from './list-scheduler.js';
import type { Flow, SchedulerServer } from './types.js';
import { commonDivisor } from './weights.js';

/** The kernel's table sizes by CONFIG_IP_VS_MH_TAB_INDEX, 8..17. */
const PRIMES: readonly number[] = [251, 509, 1021, 2039, 4093, 8191, 16381, 32749, 65521, 131071];
const FIRST_INDEX = 8;

const KEY1 = constantKey(2654435761);
const KEY2 = constantKey(2654446892);

function constantKey(half: number): SipKey {
  return { low0: half, high0: 0, low1: half, high1: 0 };
}

/** What the service's flags and the kernel's build decide. */
export interface MaglevHashingOptions {
  /** `mh-port`: the source port is part of the key. */
  readonly port: boolean;
  /** `mh-fallback`: look further when the slot's server cannot take it. */
  readonly fallback: boolean;
  /** 8..17. */
  readonly tableIndex: number;
}

/** A server's permutation of the slots and its way through it while the table is dealt. */
class Candidate {
  readonly server: SchedulerServer;
  readonly offset: number;
  readonly stride: number;
  lastWeight: number;
  position = 0;
  turns = 0;

  constructor(server: SchedulerServer, offset: number, stride: number) {
    this.server = server;
    this.offset = offset;
    this.stride = stride;
    this.lastWeight = server.weight;
  }
}

export class MaglevHashing extends ListScheduler {
  readonly #port: boolean;
  readonly #fallback: boolean;
  readonly #weightBits: number;
  readonly #size: number;
  readonly #reader = new AddressReader();
  readonly #table: (SchedulerServer | null)[];
  readonly #candidates = new Map<SchedulerServer, Candidate>();
  /** The table no longer is what the list gives; it is dealt once for a row of changes. */
  #stale = false;

  constructor(options: MaglevHashingOptions) {
    super();
    this.#port = options.port;
    this.#fallback = options.fallback;
    this.#weightBits = options.tableIndex >> 1;
    this.#size = PRIMES[options.tableIndex - FIRST_INDEX] ?? 4093;
    this.#table = new Array<SchedulerServer | null>(this.#size).fill(null);
  }

  override bind(servers: readonly SchedulerServer[]): void {
    super.bind(servers);
    for (const server of servers) {
      const candidate = this.#candidate(server);
      candidate.lastWeight = server.lastWeight ?? server.weight;
      this.#candidates.set(server, candidate);
    }
    this.#changed();
  }

  override added(server: SchedulerServer): void {
    // A list that outgrows the table leaves the last table in force, so that one must exist.
    if (this.servers.length === this.#size) this.#deal();
    super.added(server);
    this.#candidates.set(server, this.#candidate(server));
    this.#changed();
  }

  override edited(server: SchedulerServer): void {
    const candidate = this.#candidates.get(server);
    if (candidate !== undefined && server.weight !== 0) candidate.lastWeight = server.weight;
    this.#changed();
  }

  override removed(server: SchedulerServer): void {
    super.removed(server);
    this.#candidates.delete(server);
    this.#changed();
  }

  pick(flow: Flow): SchedulerServer | null {
    if (this.#stale) this.#deal();
    const fold = this.#reader.foldOf(flow.family, flow.source);
    const key = this.#port ? fold + flow.sourcePort : fold;
    const slot = hsiphash(KEY1, key) % this.#size;
    const server = this.#table[slot] ?? null;
    if (server === null || usable(server)) return server;
    return this.#fallback ? this.#lookFurther(key, slot) : null;
  }

  #lookFurther(key: number, slot: number): SchedulerServer | null {
    const size = this.#size;
    for (let attempt = 0; attempt < size; attempt++) {
      const offset = (slot + attempt) % size;
      const server = this.#table[hsiphash(KEY1, key + offset) % size] ?? null;
      if (server === null || usable(server)) return server;
    }
    return null;
  }

  #candidate(server: SchedulerServer): Candidate {
    const key = this.#reader.foldOf(server.family, server.address) + server.port;
    const offset = hsiphash(KEY1, key) % this.#size;
    const stride = (hsiphash(KEY2, key) % (this.#size - 1)) + 1;
    return new Candidate(server, offset, stride);
  }

  #changed(): void {
    if (this.servers.length <= this.#size) this.#stale = true;
  }

  #deal(): void {
    if (!this.#stale) return;
    this.#stale = false;
    this.#table.fill(null);
    const players = this.#players();
    if (players.length === 0) return;
    let free = this.#size;
    while (free > 0) {
      for (const player of players) {
        const taken = Math.min(player.turns, free);
        for (let turn = 0; turn < taken; turn++) this.#takeSlot(player);
        free -= taken;
      }
    }
  }

  #takeSlot(player: Candidate): void {
    while (this.#table[player.position] !== null) {
      player.position = (player.position + player.stride) % this.#size;
    }
    this.#table[player.position] = player.server;
  }

  /** Everybody with a weight to deal by, in list order, with the slots each takes a turn. */
  #players(): Candidate[] {
    const players: Candidate[] = [];
    for (const server of this.servers) {
      const candidate = this.#candidates.get(server);
      if (candidate !== undefined && candidate.lastWeight > 0) players.push(candidate);
    }
    const divisor = commonDivisor(players.map((player) => player.lastWeight)) || 1;
    const highest = players.reduce((most, player) => Math.max(most, player.lastWeight), 0) / divisor;
    const shift = Math.max(0, 32 - Math.clz32(highest) - this.#weightBits);
    for (const player of players) {
      player.position = player.offset;
      player.turns = Math.max(1, (player.lastWeight / divisor) >> shift);
    }
    return players;
  }
}
