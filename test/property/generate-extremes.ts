/**
 * Histories of the rare kinds, which random ones of everyday size never reach: caches that overflow, more servers
 * than a table has slots, and loads whose products pass 2^53.
 */
import type { AlgorithmName, Generation } from '../support/reference-schedulers/model.js';
import { DEFAULT_OPTIONS } from '../support/reference-schedulers/model.js';
import { seededRandom } from '../support/random.js';
import type { SeededRandom } from '../support/random.js';
import { generateFlood } from './generate-flood.js';
import type { History, Operation } from './history.js';
import { add, open, openFrom, slotsOf, weighing } from './operations.js';

const GENERATIONS: readonly Generation[] = ['classic', 'total', 'capped'];

/** A kind of extreme history and the algorithms that have something to fear from it. */
export interface Extreme {
  readonly name: string;
  readonly algorithms: readonly AlgorithmName[];
  /** The only files of schedulers/ that it tells more about than other histories; absent: any. */
  readonly sources?: readonly string[];
  /** How many make a thorough check; a flood is long, so fewer do. */
  readonly histories: number;
  readonly generate: (algorithm: AlgorithmName, seed: number) => History;
}

export const EXTREMES: readonly Extreme[] = [
  {
    name: 'an overflowing cache',
    algorithms: ['lblc', 'lblcr'],
    sources: ['address.ts', 'address-cache.ts', 'caching-scheduler.ts', 'lblc.ts', 'lblcr.ts', 'registry.ts'],
    histories: 15,
    generate: generateFlood,
  },
  {
    name: 'a crowd of servers',
    algorithms: ['rr', 'wrr', 'dh', 'sh', 'mh'],
    histories: 12,
    generate: generateCrowd,
  },
  {
    name: 'loads on the brink of equality',
    algorithms: ['lc', 'wlc', 'lblc', 'lblcr', 'sed', 'nq'],
    histories: 20,
    generate: generateBrink,
  },
  { name: 'every table size', algorithms: ['sh', 'mh'], histories: 17, generate: generateSizes },
  {
    name: 'addresses in every spelling',
    algorithms: ['dh', 'sh', 'mh', 'lblc'],
    histories: 10,
    generate: generateSpellings,
  },
];

/** Around as many servers as the smallest table has slots. */
function generateCrowd(algorithm: AlgorithmName, seed: number): History {
  const random = seededRandom(seed);
  const count = random.int(255, 262);
  const present = random.pick([249, 251, 252, 253]);
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

/**
 * IPv4 addresses for which a word of mh's SipHash state is 0 when it is added to, in each of the places where that
 * can be: an addition then gives its other operand, where a carry test on the wrong side of equality shows.
 */
const ZERO_STATE_SOURCES = [
  ...[717140449, 826745855, 886954699, 1035384477, 1207601564, 1972975598],
  ...[2451725644, 2910748970, 3079697306, 3653639998, 3907971314],
];

function ipv4Text(word: number): string {
  return [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255].join('.');
}

/** The seed counts through the sizes that sh and mh can be built with. */
function generateSizes(algorithm: AlgorithmName, seed: number): History {
  const random = seededRandom(seed);
  const operations: Operation[] = [0, 1, 2].map((slot) => add(slot, random.int(1, 3)));
  for (let picks = 0; picks < 60; picks++) operations.push(open(random.int(1, 200), 1));
  for (const source of ZERO_STATE_SOURCES) operations.push(openFrom(ipv4Text(source), 1));
  const options = {
    ...DEFAULT_OPTIONS,
    algorithm,
    shTableBits: 4 + (seed % 17),
    mhTableIndex: 8 + (seed % 10),
  };
  return { options, slots: slotsOf(3), bound: [], operations };
}

/** IPv6 addresses from few words, so that different ones often fold alike, written in all ways. */
function generateSpellings(algorithm: AlgorithmName, seed: number): History {
  const random = seededRandom(seed);
  const slots = slotsOf(6);
  const operations: Operation[] = slots.map((_, slot) => add(slot, 2));
  const words = [0, 0, 0, 1, 0xffff_ffff, 0x09af_af90, random.int(0, 2 ** 31)];
  const spelled = (): string =>
    spell(
      random,
      [0, 1, 2, 3].map(() => random.pick(words)),
    );
  for (let picks = 0; picks < 250; picks++) {
    operations.push({
      op: 'open',
      packet: {
        family: 6,
        source: spelled(),
        sourcePort: 1,
        destination: spelled(),
        destinationPort: 80,
        protocol: 'tcp',
      },
      becomes: random.chance(0.3) ? 'active' : 'nothing',
    });
  }
  return {
    options: { ...DEFAULT_OPTIONS, algorithm, shTableBits: 12, mhTableIndex: 8 },
    slots,
    bound: [],
    operations,
  };
}

function spell(random: SeededRandom, words: readonly number[]): string {
  const groups = words.flatMap((word) => [word >>> 16, word & 0xffff]);
  const texts = groups.map((group) => {
    const digits = group.toString(16).padStart(random.int(1, 4), '0');
    return random.chance(0.3) ? digits.toUpperCase() : digits;
  });
  if (random.chance(0.3)) {
    texts.splice(6, 2, ipv4Text(words[3] ?? 0));
  }
  return random.chance(0.7) ? compress(random, texts) : texts.join(':');
}

/** Replaces one run of zero groups, if there is any, by `::`. */
function compress(random: SeededRandom, texts: readonly string[]): string {
  const isZero = (text: string | undefined): boolean => text !== undefined && /^0+$/.test(text);
  const zeros = texts.flatMap((text, index) => (isZero(text) ? [index] : []));
  if (zeros.length === 0) return texts.join(':');
  const start = random.pick(zeros);
  let end = start + 1;
  while (isZero(texts[end]) && random.chance(0.9)) end++;
  return `${texts.slice(0, start).join(':')}::${texts.slice(end).join(':')}`;
}
