/** dh and sh: a table of buckets, looked up by a hash of an address. */
import { foldAddress } from './addresses.js';
import { hash32 } from './hashes.js';
import { usable } from './load.js';
import type { Algorithm, Destination, ServiceOptions } from './model.js';

const DH_BITS = 8;

/** dh: 256 buckets dealt out in turn, by the packet's destination address. */
export function destinationHashing(list: readonly Destination[]): Algorithm {
  let table: (Destination | null)[] = [];

  function rebuild(): void {
    table = Array.from({ length: 2 ** DH_BITS }, (_, bucket) => list[bucket % list.length] ?? null);
  }

  rebuild();
  return {
    added: rebuild,
    deleted: rebuild,
    schedule(packet) {
      const destination = table[hash32(foldAddress(packet.destination), DH_BITS)] ?? null;
      return destination?.available === true && usable(destination) ? destination : null;
    },
  };
}

/** sh: 2^bits buckets, as many in a row as the weight says, by the packet's source. */
export function sourceHashing(list: readonly Destination[], options: ServiceOptions): Algorithm {
  const size = 2 ** options.shTableBits;
  const usesPort = options.flags.includes('sh-port');
  const fallsBack = options.flags.includes('sh-fallback');
  let table: (Destination | null)[] = [];

  function rebuild(): void {
    table = [];
    while (list.length > 0 && table.length < size) {
      for (const destination of list) {
        for (let share = 0; share < Math.max(destination.weight, 1) && table.length < size; share++) {
          table.push(destination);
        }
      }
    }
  }

  rebuild();
  return {
    added: rebuild,
    updated: rebuild,
    deleted: rebuild,
    schedule(packet) {
      const value = (foldAddress(packet.source) + (usesPort ? packet.sourcePort : 0)) % 2 ** 32;
      const home = hash32(value, options.shTableBits);
      const destination = table[home] ?? null;
      if (destination === null) return null;
      if (usable(destination)) return destination;
      if (!fallsBack) return null;
      for (let step = 0; step < size; step++) {
        const other = table[(2 * home + step) % size] ?? null;
        if (other === null) return null;
        if (usable(other)) return other;
      }
      return null;
    },
  };
}
