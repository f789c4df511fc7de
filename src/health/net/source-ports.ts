/**
 * The source ports of probes through a service's address.
 *
 * The kernel knows a connection by its two ends and not by its mark: a probe from a port that an earlier one had just used
 * would go where that one went, to another server. So ports are used in turn, each again only when the kernel has
 * forgotten what it was used for.
 */
import type { Clock } from '../../base/clock.js';

/** Longer than IPVS keeps a connection that is closed or was never answered, ms. */
const FORGOTTEN_MS = 180_000;
/** Ports are accounted for in blocks of so many. */
const BLOCK = 64;
/** Where a new process begins moves on by so many ports a second, so that it does not begin where the last one ended. */
const START_PER_SECOND = 47;

/** A service's address, as one source asks it. */
interface Turn {
  next: number;
  /** When the last port of each block was used; -Infinity: not by this process. */
  readonly usedMs: number[];
}

export class SourcePorts {
  readonly #clock: Clock;
  readonly #range: () => readonly [first: number, last: number];
  readonly #turns = new Map<string, Turn>();

  /** @param range the ports to use, asked once for each flow */
  constructor(clock: Clock, range: () => readonly [first: number, last: number]) {
    this.#clock = clock;
    this.#range = range;
  }

  /**
   * Gives the next port.
   *
   * @param flow source and destination: ports of different flows have nothing to do with one another
   * @returns null when the kernel may still remember every one of them
   */
  next(flow: string): number | null {
    const [first, last] = this.#range();
    const size = last - first + 1;
    const turn = this.#turns.get(flow) ?? this.#begin(flow, size);
    const place = turn.next % size;
    const block = Math.floor(place / BLOCK);
    const nowMs = this.#clock.nowMs();
    if (place % BLOCK === 0 && nowMs - (turn.usedMs[block] ?? -Infinity) < FORGOTTEN_MS) return null;
    turn.usedMs[block] = nowMs;
    turn.next = place + 1;
    return first + place;
  }

  #begin(flow: string, size: number): Turn {
    const block = Math.floor((this.#clock.wallMs() / 1000) * (START_PER_SECOND / BLOCK)) * BLOCK;
    const turn: Turn = { next: block % size, usedMs: [] };
    turn.next -= turn.next % BLOCK;
    this.#turns.set(flow, turn);
    return turn;
  }
}
