/** An address that clients know and that this host holds on an interface, for services with `interface:`. */
import type { Family } from '../base/ip.js';
import { isWildcard } from '../base/ip.js';
import type { VirtualService } from './virtual-service.js';

/** `192.0.2.10 on eth0`; two are the same exactly when their keys are equal. */
export type VipKey = string & { readonly __vipKey: unique symbol };

export interface VipAddress {
  readonly family: Family;
  /** Canonical text without brackets. */
  readonly address: string;
  /** Name of the interface. */
  readonly interface: string;
}

export function vipKey(vip: Pick<VipAddress, 'address' | 'interface'>): VipKey {
  return `${vip.address} on ${vip.interface}` as VipKey;
}

/** Bits of an address that is a single one: no subnet comes with it. */
export function hostPrefixLength(family: Family): 32 | 128 {
  return family === 4 ? 32 : 128;
}

/**
 * The addresses that lvsd holds for a service, each once; of a match that of each rule. None without `interface:`, and
 * none on the userspace plane, where the host has the addresses of its own.
 */
export function vipAddresses(
  service: Pick<VirtualService, 'address' | 'interface' | 'plane'>,
): readonly VipAddress[] {
  const { address, interface: name, plane } = service;
  if (name === null || plane === 'proxy' || address.kind === 'fwmark') return [];
  const endpoints = address.kind === 'match' ? address.rules : [address];
  const vips = new Map<VipKey, VipAddress>();
  for (const { family, address: text } of endpoints) {
    const vip = { family, address: text, interface: name };
    if (!isWildcard(text)) vips.set(vipKey(vip), vip);
  }
  return [...vips.values()];
}
