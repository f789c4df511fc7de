/** mh: Maglev's table, filled by each destination's own permutation of the slots. */
import { foldAddress } from './addresses.js';
import { hsiphash } from './hashes.js';
import { usable } from './load.js';
import type { Algorithm, Destination, ServiceOptions } from './model.js';
import { commonDivisor } from './rotation.js';

/** Table sizes for CONFIG_IP_VS_MH_TAB_INDEX 8 to 17. */
const PRIMES = [251, 509, 1021, 2039, 4093, 8191, 16_381, 32_749, 65_521, 131_071];

const OFFSET_KEY = 2_654_435_761n;
const SKIP_KEY = 2_654_446_892n;

/** The same few addresses are hashed again and again, and the definition's arithmetic is slow. */
const memory = {
  [String(OFFSET_KEY)]: new Map<number, number>(),
  [String(SKIP_KEY)]: new Map<number, number>(),
};

function keyedHash(key: bigint, address: string, port: number, offset: number): number {
  const value = (offset + port + foldAddress(address)) % 2 ** 32;
  const known = memory[String(key)]!;
  let hash = known.get(value);
  if (hash === undefined) {
    hash = hsiphash(value, key, key);
    known.set(value, hash);
  }
  return hash;
}

/** Where a destination starts in a table of `size` slots, and how far it steps. */
export function permutationOf(
  destination: Pick<Destination, 'address' | 'port'>,
  size: number,
): { offset: number; skip: number } {
  return {
    offset: keyedHash(OFFSET_KEY, destination.address, destination.port, 0) % size,
    skip: (keyedHash(SKIP_KEY, destination.address, destination.port, 0) % (size - 1)) + 1,
  };
}

/** The slot of a source address, with `offset` the step of the fallback. */
export function slotOf(address: string, port: number, offset: number, size: number): number {
  return keyedHash(OFFSET_KEY, address, port, offset) % size;
}

/** How many slots each destination takes in one cycle over the list. */
export function turnsOf(list: readonly Destination[], mhTableIndex: number): number[] {
  const weights = list.map((destination) => destination.lastWeight);
  const divisor = commonDivisor(weights);
  const bitsConst = Math.floor(mhTableIndex / 2);
  const highest = Math.floor(Math.max(0, ...weights) / divisor);
  const bitLength = highest === 0 ? 0 : highest.toString(2).length;
  const shift = Math.max(0, bitLength - bitsConst);
  return weights.map((weight) => {
    if (weight === 0) return 0;
    return Math.max(1, Math.floor(Math.floor(weight / divisor) / 2 ** shift));
  });
}

/** The filled table; null in every slot when no destination has a turn. */
export function fillTable(list: readonly Destination[], mhTableIndex: number): (Destination | null)[] {
  const size = PRIMES[mhTableIndex - 8]!;
  const table = Array<Destination | null>(size).fill(null);
  const turns = turnsOf(list, mhTableIndex);
  if (turns.every((turn) => turn === 0)) return table;
  const permutations = list.map((destination) => permutationOf(destination, size));
  const positions = permutations.map(({ offset }) => offset);
  let taken = 0;
  for (;;) {
    for (const [index, destination] of list.entries()) {
      for (let turn = 0; turn < turns[index]!; turn++) {
        while (table[positions[index]!] !== null) {
          positions[index] = (positions[index]! + permutations[index]!.skip) % size;
        }
        table[positions[index]!] = destination;
        taken++;
        if (taken === size) return table;
      }
    }
  }
}

/** mh: a table that changes little when the list does, by the packet's source. */
export function maglevHashing(list: readonly Destination[], options: ServiceOptions): Algorithm {
  const size = PRIMES[options.mhTableIndex - 8]!;
  const usesPort = options.flags.includes('mh-port');
  const fallsBack = options.flags.includes('mh-fallback');
  let table = Array<Destination | null>(size).fill(null);

  function rebuild(): void {
    if (list.length <= size) table = fillTable(list, options.mhTableIndex);
  }

  rebuild();
  return {
    added: rebuild,
    updated: rebuild,
    deleted: rebuild,
    schedule(packet) {
      const port = usesPort ? packet.sourcePort : 0;
      const home = slotOf(packet.source, port, 0, size);
      const destination = table[home] ?? null;
      if (destination === null) return null;
      if (usable(destination)) return destination;
      if (!fallsBack) return null;
      for (let step = 0; step < size; step++) {
        const other = table[slotOf(packet.source, port, (home + step) % size, size)] ?? null;
        if (other === null) return null;
        if (usable(other)) return other;
      }
      return null;
    },
  };
}
