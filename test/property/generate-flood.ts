/**
 * Histories of lblc and lblcr with tens of thousands of destination addresses, whose timer makes room.
 *
 * Before addresses are asked for again, a server without load is added: an address that is forgotten goes there,
 * one that is remembered does not, so what the timer dropped is seen to the last entry.
 */
import { DEFAULT_OPTIONS } from '../support/reference-schedulers/model.js';
import type { AlgorithmName, Generation } from '../support/reference-schedulers/model.js';
import { seededRandom } from '../support/random.js';
import type { SeededRandom } from '../support/random.js';
import type { History, Operation } from './history.js';
import { add, open, slotsOf, weighing } from './operations.js';

const GENERATIONS: readonly Generation[] = ['classic', 'total', 'capped'];
const TICK_MS = 60_000;
const MAX_SIZE = 16_384;
const CAPPED_ENTRIES = 24_576;
const SERVERS = 30;
/** High enough that the few connections of a flood leave nobody too busy to keep its addresses. */
const WEIGHT = 10_000;

/** The seed counts through the kinds. */
export function generateFlood(algorithm: AlgorithmName, seed: number): History {
  const flood = new Flood(seededRandom(seed));
  KINDS[seed % KINDS.length]!(flood);
  return {
    options: {
      ...DEFAULT_OPTIONS,
      algorithm,
      generation: GENERATIONS[Math.floor(seed / KINDS.length) % GENERATIONS.length]!,
      expirationMs: flood.random.pick([300_000, 900_000, 900_000, 86_400_000]),
    },
    slots: slotsOf(SERVERS),
    bound: [],
    operations: flood.operations,
  };
}

const KINDS: readonly ((flood: Flood) => void)[] = [brim, calm, replace, limit, mix];

/** A few entries too many, of which about one a bucket is idle when the first ticks come that may drop any. */
function brim(flood: Flood): void {
  const { random } = flood;
  flood.fill(9000);
  flood.advanceTo(random.int(0, 1));
  flood.fill(MAX_SIZE - 9000 + random.int(0, random.pick([0, 4, 300])));
  flood.advanceTo(3 * TICK_MS + random.int(-1, 1));
  flood.refreshAllBut(random.pick([11, 17, 40]));
  for (let ticks = 6; ticks < 9; ticks++) {
    flood.advanceTo(ticks * TICK_MS);
    if (random.chance(0.6)) flood.probe(1);
  }
  flood.probe(1);
  flood.advanceTo(random.pick([29, 30, 36, 37]) * TICK_MS);
  flood.probe(1);
}

/** Few enough addresses; the thirtieth tick comes at the very moment at which they are asked for. */
function calm(flood: Flood): void {
  const { random } = flood;
  flood.fill(random.int(2_000, 4_000));
  flood.advanceTo(random.int(15, 29) * TICK_MS);
  flood.ask(random.int(0, 6), 7);
  flood.advanceTo(29 * TICK_MS);
  flood.ask(0, 1_000);
  flood.advanceTo(30 * TICK_MS);
  flood.probe(1);
  flood.advanceTo(60 * TICK_MS - 1);
  flood.probe(2);
  flood.advanceTo(60 * TICK_MS);
  flood.probe(1);
}

/** Servers lose their weight, so that their addresses are given to others: counted twice before capped. */
function replace(flood: Flood): void {
  const { random } = flood;
  flood.fill(random.int(8_200, 12_000));
  flood.quiesceNewest();
  flood.probe(random.pick([1, 2]));
  flood.quiesceNewest();
  flood.probe(1);
  for (let pause = 0; pause < 4; pause++) {
    flood.advanceTo(flood.nowMs + TICK_MS * random.int(5, 9));
    flood.probe(random.int(1, 3));
  }
}

/** As many entries as capped takes, and some more. */
function limit(flood: Flood): void {
  flood.fill(CAPPED_ENTRIES - 3);
  flood.probe(100);
  flood.fill(6);
  flood.addIdleServer();
  flood.ask(CAPPED_ENTRIES - 10, 1);
  flood.advanceTo(flood.random.pick([6, 7, 30]) * TICK_MS);
  flood.probe(1);
}

/** Anything in any order. */
function mix(flood: Flood): void {
  const { random } = flood;
  flood.fill(random.int(8_000, 17_000));
  for (let phase = 0; phase < 9; phase++) {
    const choice = random.int(0, 4);
    if (choice === 0) flood.fill(random.int(1, 6_000));
    else if (choice === 1) flood.probe(random.int(1, 9));
    else if (choice === 2) flood.quiesceNewest();
    else if (choice === 3) flood.advanceTo(flood.nowMs + TICK_MS * random.int(1, 32));
    else flood.advanceTo(flood.nowMs + random.pick([299_999, 300_001, 360_000, 360_001]));
  }
  flood.probe(1);
}

class Flood {
  readonly random: SeededRandom;
  readonly operations: Operation[] = [];
  /** Of the subject; its first tick comes one minute after 0. */
  nowMs = 0;
  #filled = 0;
  #servers = 0;

  constructor(random: SeededRandom) {
    this.random = random;
    for (let added = 0; added < 3; added++) this.addIdleServer();
  }

  /** wlc prefers it until the next one comes. */
  addIdleServer(): void {
    if (this.#servers > 0) this.#load(this.#servers - 1);
    if (this.#servers < SERVERS) this.operations.push(add(this.#servers++, WEIGHT));
  }

  quiesceNewest(): void {
    this.operations.push({ op: 'edit', slot: this.#servers - 1, settings: weighing(0) });
  }

  /** Asks for so many new addresses, with load that moves about. */
  fill(count: number): void {
    for (let made = 0; made < count; made++) {
      if (made % 2000 === 1999) this.#load(this.random.int(0, this.#servers - 1));
      this.operations.push(open(1, this.#filled++));
    }
  }

  /** Uses all addresses but every so many-th. */
  refreshAllBut(stride: number): void {
    for (let address = 0; address < this.#filled; address++) {
      if (address % stride !== 0) this.operations.push(open(1, address));
    }
  }

  /** Asks for every so many-th address after a server without load has come. */
  probe(stride: number): void {
    this.addIdleServer();
    this.ask(0, stride);
  }

  ask(first: number, stride: number): void {
    for (let address = first; address < this.#filled; address += stride) {
      this.operations.push(open(1, address));
    }
  }

  advanceTo(ms: number): void {
    this.operations.push({ op: 'advance', ms: ms - this.nowMs });
    this.nowMs = ms;
  }

  #load(slot: number): void {
    this.operations.push({ op: 'surge', slot, active: 1, inactive: 0 });
  }
}
