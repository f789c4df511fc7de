/**
 * Histories of the rare kinds, which random ones of everyday size never reach: caches that overflow, more servers
 * than a table has slots, and loads whose products pass 2^53.
 */
import type {
  AlgorithmName,
  DestinationSettings,
  Generation,
  Packet,
} from '../support/reference-schedulers/model.js';
import { DEFAULT_OPTIONS } from '../support/reference-schedulers/model.js';
import { seededRandom } from '../support/random.js';
import type { SeededRandom } from '../support/random.js';
import type { History, Operation, ServerSlot } from './history.js';

const GENERATIONS: readonly Generation[] = ['classic', 'total', 'capped'];

/** A kind of extreme history and the algorithms that have something to fear from it. */
export interface Extreme {
  readonly name: string;
  readonly algorithms: readonly AlgorithmName[];
  readonly generate: (algorithm: AlgorithmName, seed: number) => History;
}

export const EXTREMES: readonly Extreme[] = [
  { name: 'an overflowing cache', algorithms: ['lblc', 'lblcr'], generate: generateFlood },
  { name: 'a crowd of servers', algorithms: ['rr', 'wrr', 'dh', 'sh', 'mh'], generate: generateCrowd },
  {
    name: 'loads on the brink of equality',
    algorithms: ['lc', 'wlc', 'lblc', 'lblcr', 'sed', 'nq'],
    generate: generateBrink,
  },
];

function slotsOf(count: number): ServerSlot[] {
  return Array.from({ length: count }, (_, index) => ({
    family: 4,
    address: `10.1.${index >> 8}.${index & 255}`,
    port: 80,
  }));
}

function open(source: number, destination: number): Operation {
  const packet: Packet = {
    family: 4,
    source: `10.2.0.${source}`,
    sourcePort: 40_000,
    destination: `10.${64 + (destination >> 16)}.${(destination >> 8) & 255}.${destination & 255}`,
    destinationPort: 80,
    protocol: 'tcp',
  };
  return { op: 'open', packet, becomes: 'nothing' };
}

function weighing(weight: number): DestinationSettings {
  return { weight, upper: 0, lower: 0 };
}

/** Tens of thousands of destination addresses, and pauses in which the timer makes room. */
function generateFlood(algorithm: AlgorithmName, seed: number): History {
  const random = seededRandom(seed);
  const slots = slotsOf(3);
  const operations: Operation[] = slots.map((_, slot) => add(slot, 10_000));
  const flood = { random, operations, filled: 0 };
  fill(flood, random.int(8_000, 17_000));
  for (let phase = 0; phase < 9; phase++) random.pick(PHASES)(flood);
  probe(flood);
  return {
    options: {
      ...DEFAULT_OPTIONS,
      algorithm,
      generation: random.pick(GENERATIONS),
      expirationMs: random.pick([300_000, 900_000, 86_400_000]),
    },
    slots,
    bound: [],
    operations,
  };
}

interface Flood {
  readonly random: SeededRandom;
  readonly operations: Operation[];
  /** Destination addresses used so far. */
  filled: number;
}

const PHASES: readonly ((flood: Flood) => void)[] = [
  (flood) => fill(flood, flood.random.int(1, 6_000)),
  (flood) => fill(flood, 24_577 - Math.min(flood.filled, 24_577)),
  probe,
  requiesce,
  ({ random, operations }) =>
    operations.push({ op: 'advance', ms: 60_000 * random.int(1, 32) + random.int(0, 1) }),
  ({ random, operations }) =>
    operations.push({ op: 'advance', ms: random.pick([299_999, 360_000, 360_001]) }),
];

/** New addresses, at slightly different times and so that several servers are remembered. */
function fill(flood: Flood, count: number): void {
  const { random, operations } = flood;
  for (let made = 0; made < count; made++) {
    operations.push(open(1, flood.filled++));
    if (made % 1000 === 0) lean(flood);
    if (made % 500 === 0) operations.push({ op: 'advance', ms: random.int(0, 2000) });
  }
}

/** Asks for a sample of the addresses when wlc would choose another server than the one that is remembered. */
function probe(flood: Flood): void {
  const { random, operations } = flood;
  lean(flood);
  const stride = random.int(1, 9);
  for (let asked = random.int(0, 50); asked < flood.filled; asked += stride) operations.push(open(1, asked));
}

/** One server gets busier, so that wlc prefers another; far from its weight, so that it is not too busy to keep. */
function lean({ random, operations }: Flood): void {
  operations.push({ op: 'surge', slot: random.int(0, 2), active: random.int(1, 3), inactive: 0 });
}

/** A server without weight loses its addresses to the others, which counts them twice before capped. */
function requiesce(flood: Flood): void {
  const slot = flood.random.int(0, 2);
  flood.operations.push({ op: 'edit', slot, settings: weighing(0) });
  probe(flood);
  flood.operations.push({ op: 'edit', slot, settings: weighing(10_000) });
}

function add(slot: number, weight: number): Operation {
  return { op: 'add', slot, settings: weighing(weight), fresh: false };
}

/** Around as many servers as the smallest table has slots. */
function generateCrowd(algorithm: AlgorithmName, seed: number): History {
  const random = seededRandom(seed);
  const count = random.int(255, 262);
  const present = random.int(245, 253);
  const heaviest = random.pick([1, 3, 300]);
  const operations: Operation[] = [];
  for (let slot = 0; slot < present; slot++) operations.push(add(slot, random.int(0, heaviest)));
  for (let step = 0; step < 120; step++) {
    const slot = random.int(200, count - 1);
    const change = random.pick<Operation>([
      add(slot, random.int(0, heaviest)),
      add(slot, random.int(0, heaviest)),
      { op: 'edit', slot, settings: weighing(random.int(0, heaviest)) },
      { op: 'remove', slot },
    ]);
    operations.push(change);
    for (let picks = random.int(0, 8); picks > 0; picks--) {
      operations.push(open(random.int(1, 40), random.int(1, 300)));
    }
  }
  const flags = algorithm === 'mh' || algorithm === 'sh' ? [`${algorithm}-fallback`] : [];
  const options = { ...DEFAULT_OPTIONS, algorithm, flags, mhTableIndex: 8, shTableBits: random.int(4, 9) };
  return { options, slots: slotsOf(count), bound: [], operations };
}

/** Servers whose overheads, weighted, differ by about one in about 2^60. */
function generateBrink(algorithm: AlgorithmName, seed: number): History {
  const random = seededRandom(seed);
  const generation = random.pick(GENERATIONS);
  const slots = slotsOf(random.int(2, 4));
  const bits = random.int(20, 31);
  const heaviest = random.int(2 ** (bits - 1), 2 ** bits - 1);
  const bySed = algorithm === 'sed' || algorithm === 'nq';
  const times = bySed ? 1 : random.int(1, 2 ** Math.min(8, 62 - 2 * bits));
  const operations: Operation[] = [];
  for (let slot = 0; slot < slots.length; slot++) {
    const weight = heaviest - random.int(0, 2);
    operations.push(add(slot, weight));
    const overhead = weight * times - random.int(0, 2);
    operations.push({ op: 'surge', slot, ...countsFor(overhead, bySed, generation) });
  }
  for (let step = 0; step < 100; step++) {
    operations.push(open(1, random.int(1, 3)));
    const change = random.pick([-1, 1]);
    const slot = random.int(0, slots.length - 1);
    operations.push({ op: 'surge', slot, active: bySed ? change : 0, inactive: bySed ? 0 : change });
  }
  return { options: { ...DEFAULT_OPTIONS, algorithm, generation }, slots, bound: [], operations };
}

function countsFor(
  overhead: number,
  bySed: boolean,
  generation: Generation,
): { active: number; inactive: number } {
  if (bySed) return { active: overhead - 1, inactive: 0 };
  const factor = generation === 'classic' ? 256 : 257;
  return { active: Math.floor(overhead / factor) - 1, inactive: (overhead % factor) + factor };
}
