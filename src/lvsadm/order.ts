/**
 * The order of listings. Addresses, ports and marks are compared by a subtraction of 32 bits that may overflow, as the stock
 * tool does it, so 192.0.2.1 comes before 10.0.0.1. Such an order has circles, and where it has, the result depends on the
 * kernel's order and on the way of sorting: hence a merge sort of our own, which takes the C library's steps. Pure.
 */
import { parseAddress } from '../../native/inet/address.js';
import type { IpvsDestinationKey, IpvsServiceKey } from '../../native/ipvs/types.js';
import { parseLaxIpv4 } from './ipv4-text.js';

/** By what servers are compared. */
export interface AddressOrder {
  readonly ipv6: boolean;
  /** Of 32 bits with a sign: four, or the one of IPv4. */
  readonly words: readonly number[];
  readonly port: number;
}

interface ServiceOrder extends AddressOrder {
  readonly fwmark: number;
  readonly protocol: number;
}

/** Marks of 2^31 and above, services by address, the other marks; IPv4 first, then protocol, address, port. Never throws. */
export function sortServices<Service extends IpvsServiceKey>(services: readonly Service[]): Service[] {
  return sortBy(services, serviceOrder, compareServices);
}

/** By address, then port. Never throws. */
export function sortDestinations<Destination extends IpvsDestinationKey>(
  destinations: readonly Destination[],
): Destination[] {
  return sortBy(destinations, addressOrder, compareAddresses);
}

/** As `sortDestinations`, in place, of the first `count`. Never throws. */
export function sortAddresses(addresses: AddressOrder[], count: number): void {
  mergeSort(addresses, 0, count, compareAddresses, []);
}

const noWords = [0];

function serviceOrder(key: IpvsServiceKey): ServiceOrder {
  if ('fwmark' in key) {
    return { ipv6: key.family === 'ipv6', words: noWords, port: 0, fwmark: key.fwmark, protocol: 0 };
  }
  return { ...addressOrder(key), fwmark: 0, protocol: key.protocol };
}

function addressOrder(key: IpvsDestinationKey): AddressOrder {
  const ipv6 = key.family === 'ipv6';
  return {
    ipv6,
    words: ipv6 ? wordsOfIpv6(key.address) : [(parseLaxIpv4(key.address) ?? 0) | 0],
    port: key.port,
  };
}

function wordsOfIpv6(address: string): number[] {
  const bytes = parseAddress(address) ?? new Uint8Array(16);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return [view.getInt32(0), view.getInt32(4), view.getInt32(8), view.getInt32(12)];
}

function compareServices(a: ServiceOrder, b: ServiceOrder): number {
  const fwmark = (a.fwmark - b.fwmark) | 0;
  if (fwmark !== 0) return fwmark;
  if (a.ipv6 !== b.ipv6) return a.ipv6 ? 1 : -1;
  return a.protocol === b.protocol ? compareAddresses(a, b) : a.protocol - b.protocol;
}

/** Of two families the first one's decides how much is compared. */
function compareAddresses(a: AddressOrder, b: AddressOrder): number {
  for (let index = 0; index < (a.ipv6 ? 4 : 1); index++) {
    const difference = ((a.words[index] ?? 0) - (b.words[index] ?? 0)) | 0;
    if (difference !== 0) return difference;
  }
  return a.port - b.port;
}

interface Keyed<Item, Key> {
  readonly item: Item;
  readonly key: Key;
}

type Compare<Key> = (a: Key, b: Key) => number;

function sortBy<Item, Key>(
  items: readonly Item[],
  keyOf: (item: Item) => Key,
  compare: Compare<Key>,
): Item[] {
  const keyed = items.map((item) => ({ item, key: keyOf(item) }));
  mergeSort<Keyed<Item, Key>>(keyed, 0, keyed.length, (a, b) => compare(a.key, b.key), []);
  return keyed.map(({ item }) => item);
}

/**
 * Sorts what is between two indexes, in place: the smaller half first, the left one preferred, for with an order that has
 * circles it matters.
 *
 * @param merged room for as many items, to be overwritten
 */
function mergeSort<Item>(
  items: Item[],
  from: number,
  end: number,
  compare: Compare<Item>,
  merged: Item[],
): void {
  if (end - from <= 1) return;
  const middle = from + ((end - from) >> 1);
  mergeSort(items, from, middle, compare, merged);
  mergeSort(items, middle, end, compare, merged);
  let left = from;
  let right = middle;
  let count = 0;
  while (left < middle) {
    const a = items[left];
    const b = right < end ? items[right] : undefined;
    if (a === undefined) break;
    if (b === undefined || compare(a, b) <= 0) {
      merged[count++] = a;
      left++;
    } else {
      merged[count++] = b;
      right++;
    }
  }
  // what is left of the right half is where it belongs
  for (let index = 0; index < count; index++) {
    const one = merged[index];
    if (one !== undefined) items[from + index] = one;
  }
}
