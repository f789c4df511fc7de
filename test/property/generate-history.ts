/** Makes a random history from a seed: the same seed and algorithm give the same history, everywhere. */
import type {
  AlgorithmName,
  DestinationSettings,
  Generation,
  Packet,
  ServiceOptions,
} from '../support/reference-schedulers/model.js';
import { seededRandom } from '../support/random.js';
import type { SeededRandom } from '../support/random.js';
import type { BoundSlot, History, Operation, ServerSlot } from './history.js';

const GENERATIONS: readonly Generation[] = ['classic', 'total', 'capped'];

/** Times at and around which the caches change their mind. */
const EXPIRATIONS_MS = [1, 1000, 60_000, 90_000, 600_000, 1_800_000, 3_600_000, 86_400_000];

const MAX_SERVERS = 12;

/** Surges belong to histories of their own. */
type DrawnOperation = Exclude<Operation['op'], 'surge'>;

/** What kind of history it becomes; drawn once, so that histories differ in kind and not only in detail. */
interface Character {
  readonly drawWeight: () => number;
  readonly drawThresholds: () => { upper: number; lower: number };
  readonly drawPacket: () => Packet;
  readonly drawAdvanceMs: () => number;
  /** Operations by name, as often in the list as they are likely. */
  readonly mix: readonly DrawnOperation[];
}

/** @param length operations after those that add the first servers, so the whole is longer */
export function generateHistory(algorithm: AlgorithmName, seed: number, length = 200): History {
  const random = seededRandom(seed);
  const family = random.chance(0.7) ? 4 : 6;
  const options = drawOptions(random, algorithm);
  const slots = drawSlots(random, family, random.int(1, MAX_SERVERS));
  const character = drawCharacter(random, options, family);
  const bound = random.chance(0.25) ? drawBound(random, slots.length, character) : [];
  const operations: Operation[] = [];
  if (random.chance(0.2)) operations.push({ op: 'open', packet: character.drawPacket(), becomes: 'active' });
  for (let slot = bound.length; slot < slots.length; slot++) {
    operations.push({ op: 'add', slot, settings: drawSettings(character), fresh: false });
  }
  for (let count = 0; count < length; count++)
    operations.push(drawOperation(random, slots.length, character));
  return { options, slots, bound, operations };
}

function drawOptions(random: SeededRandom, algorithm: AlgorithmName): ServiceOptions {
  const flags = [`${algorithm}-port`, `${algorithm}-fallback`].filter(() => random.chance(0.5));
  return {
    algorithm,
    flags: algorithm === 'sh' || algorithm === 'mh' ? flags : [],
    generation: random.pick(GENERATIONS),
    shTableBits: drawShTableBits(random),
    mhTableIndex: drawMhTableIndex(random),
    expirationMs: random.pick(EXPIRATIONS_MS),
  };
}

/** Mostly small tables: a large one costs a hundred times more and differs only in size. */
function drawShTableBits(random: SeededRandom): number {
  if (random.chance(0.002)) return random.int(13, 20);
  return random.chance(0.6) ? 8 : random.int(4, 11);
}

function drawMhTableIndex(random: SeededRandom): number {
  if (random.chance(0.001)) return random.int(13, 17);
  if (random.chance(0.015)) return 12;
  return random.chance(0.9) ? 8 : random.int(9, 11);
}

function drawSlots(random: SeededRandom, family: 4 | 6, count: number): ServerSlot[] {
  const first = random.int(1, 200);
  const port = random.pick([80, 443, 8080]);
  return Array.from({ length: count }, (_, index) => ({
    family,
    address:
      family === 4 ? `10.1.${index % 3}.${first + index}` : `2001:db8:0:1::${(first + index).toString(16)}`,
    port: random.chance(0.8) ? port : port + index,
  }));
}

function drawBound(random: SeededRandom, slots: number, character: Character): BoundSlot[] {
  return Array.from({ length: random.int(1, slots) }, (_, slot) => {
    const settings = drawSettings(character);
    return { slot, settings, lastWeight: settings.weight === 0 ? character.drawWeight() : settings.weight };
  });
}

function drawCharacter(random: SeededRandom, options: ServiceOptions, family: 4 | 6): Character {
  return {
    drawWeight: weightDrawer(random),
    drawThresholds: thresholdDrawer(random),
    drawPacket: packetDrawer(random, options, family),
    drawAdvanceMs: advanceDrawer(random, options.expirationMs),
    mix: drawMix(random),
  };
}

function weightDrawer(random: SeededRandom): () => number {
  const one = random.int(1, 10);
  const step = random.int(2, 5);
  const base = random.pick<() => number>([
    () => random.int(0, 10),
    () => random.int(1, 10),
    () => random.int(0, 2),
    () => one,
    () => step * random.int(0, 3),
    () => (random.chance(0.5) ? one : one * 100),
    () => random.int(0, 1000),
  ]);
  const hugeShare = random.pick([0, 0, 0.02, 0.1]);
  return () => (random.chance(hugeShare) ? 65_535 : base());
}

function thresholdDrawer(random: SeededRandom): () => { upper: number; lower: number } {
  const share = random.pick([0, 0, 0.3, 0.8]);
  const highest = random.pick([2, 6, 20]);
  return () => {
    if (!random.chance(share)) return { upper: 0, lower: 0 };
    const upper = random.int(1, highest);
    return { upper, lower: random.chance(0.5) ? 0 : random.int(1, upper) };
  };
}

function packetDrawer(random: SeededRandom, options: ServiceOptions, family: 4 | 6): () => Packet {
  // The mh fallback hashes every slot's offset anew; few clients keep the reference's memory of hashes small.
  const clients = options.algorithm === 'mh' ? random.int(1, 10) : random.int(1, 40);
  const targets = random.chance(0.1) ? 300 : random.int(1, 12);
  const ports = random.int(1, 6);
  const protocol = random.pick(['tcp', 'udp', 'sctp'] as const);
  return () => ({
    family,
    source: addressOf(random, family, 1, random.int(1, clients)),
    sourcePort: 40_000 + random.int(1, ports),
    destination: addressOf(random, family, 2, random.int(1, targets)),
    destinationPort: 80,
    protocol,
  });
}

/** One of the spellings of an address: a scheduler that compares text takes them for different ones. */
function addressOf(random: SeededRandom, family: 4 | 6, net: number, host: number): string {
  if (family === 4) return `10.${200 + net}.${host >> 8}.${host & 255}`;
  if (host % 5 === 0) return `::ffff:10.${net}.0.${host % 256}`;
  const hex = host.toString(16);
  return random.pick([
    `2001:db8:${net}::${hex}`,
    `2001:DB8:${net}::${hex.toUpperCase()}`,
    `2001:0db8:000${net}:0:0:0:0:${hex}`,
  ]);
}

function advanceDrawer(random: SeededRandom, expirationMs: number): () => number {
  const usual = random.pick([1, 50, 5000, 60_000, 600_000]);
  const marks = [expirationMs - 1, expirationMs, expirationMs + 1, 60_000, 1_740_000, 1_800_000];
  const markShare = random.pick([0.05, 0.5]);
  return () => (random.chance(markShare) ? random.pick(marks) : random.int(0, usual));
}

function drawMix(random: SeededRandom): DrawnOperation[] {
  const times = (op: DrawnOperation, low: number, high: number): DrawnOperation[] =>
    Array<DrawnOperation>(random.int(low, high)).fill(op);
  return [
    ...times('open', 10, 40),
    ...times('add', 1, 4),
    ...times('remove', 0, 4),
    ...times('edit', 0, 6),
    ...times('load', 0, 3),
    ...times('idle', 0, 8),
    ...times('end', 0, 10),
    ...times('template', 0, 1),
    ...times('advance', 1, 6),
  ];
}

function drawSettings(character: Character): DestinationSettings {
  return { weight: character.drawWeight(), ...character.drawThresholds() };
}

function drawOperation(random: SeededRandom, slots: number, character: Character): Operation {
  const op = random.pick(character.mix);
  const slot = random.int(0, slots - 1);
  switch (op) {
    case 'add':
      return { op, slot, settings: drawSettings(character), fresh: random.chance(0.15) };
    case 'edit':
      return { op, slot, settings: drawSettings(character) };
    case 'remove':
      return { op, slot };
    case 'open':
      return { op, packet: character.drawPacket(), becomes: drawFate(random) };
    case 'load':
      return { op, slot, count: random.int(1, 12), active: random.chance(0.7) };
    case 'idle':
      return { op, at: random.int(0, 1000) };
    case 'end':
      return { op, at: random.int(0, 1000), count: random.chance(0.1) ? 20 : random.int(1, 3) };
    case 'template':
      return { op, slot, bound: random.chance(0.5) };
    case 'advance':
      return { op, ms: character.drawAdvanceMs() };
  }
}

function drawFate(random: SeededRandom): 'active' | 'inactive' | 'nothing' {
  if (random.chance(0.15)) return 'nothing';
  return random.chance(0.85) ? 'active' : 'inactive';
}
