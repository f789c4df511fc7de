/** Shorthands for the operations that histories made by hand consist of. */
import type { DestinationSettings } from '../support/reference-schedulers/model.js';
import type { Operation, ServerSlot } from './history.js';

/** IPv4 servers in a row. */
export function slotsOf(count: number): ServerSlot[] {
  return Array.from({ length: count }, (_, index) => ({
    family: 4,
    address: `10.1.${index >> 8}.${index & 255}`,
    port: 80,
  }));
}

/** Settings without thresholds. */
export function weighing(weight: number): DestinationSettings {
  return { weight, upper: 0, lower: 0 };
}

export function add(slot: number, weight: number): Operation {
  return { op: 'add', slot, settings: weighing(weight), fresh: false };
}

/**
 * A pick that leaves no connection.
 *
 * @param source host number of the client, 0..255
 * @param destination number of the virtual address, 0..2^22
 */
export function open(source: number, destination: number): Operation {
  return openFrom(`10.2.0.${source}`, destination);
}

/** As `open`, from any IPv4 address. */
export function openFrom(source: string, destination: number): Operation {
  return {
    op: 'open',
    packet: {
      family: 4,
      source,
      sourcePort: 40_000,
      destination: `10.${64 + (destination >> 16)}.${(destination >> 8) & 255}.${destination & 255}`,
      destinationPort: 80,
      protocol: 'tcp',
    },
    becomes: 'nothing',
  };
}
