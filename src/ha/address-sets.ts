/** Addresses of instances as sets. Pure. */
import type { InstanceAddress } from '../model/vrrp-instance.js';

/** Those of `addresses` that are not among `others`. */
export function without(
  addresses: readonly InstanceAddress[],
  others: readonly InstanceAddress[],
): readonly InstanceAddress[] {
  const keys = new Set(others.map(keyOf));
  return addresses.filter((address) => !keys.has(keyOf(address)));
}

/** Those of `addresses` that are among `others`, too. */
export function among(
  addresses: readonly InstanceAddress[],
  others: readonly InstanceAddress[],
): readonly InstanceAddress[] {
  const keys = new Set(others.map(keyOf));
  return addresses.filter((address) => keys.has(keyOf(address)));
}

/** What makes it one address of one interface. */
export function keyOf({ address, prefixLength, interface: name }: InstanceAddress): string {
  return `${address}/${prefixLength} ${name}`;
}

/** `192.0.2.10/24 on eth0`. */
export function formatPlace({ address, prefixLength, interface: name }: InstanceAddress): string {
  return `${address}/${prefixLength} on ${name}`;
}
