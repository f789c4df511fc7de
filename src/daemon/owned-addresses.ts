/** Addresses that lvsd added, between the controller's terms and those of the record in state_dir. Pure. */
import type { OwnedAddress } from '../controller/plan-addresses.js';
import { hostPrefixLength, vipKey, type VipKey } from '../model/vip-address.js';
import type { OwnedAddress as StoredAddress } from './state/ownership-record.js';

/** For the record. */
export function storeAddresses(owned: Iterable<OwnedAddress>): readonly StoredAddress[] {
  return Array.from(owned, ({ vip, service }) => ({
    interface: vip.interface,
    address: vip.address,
    prefixLength: hostPrefixLength(vip.family),
    service: service.key,
    name: service.name,
  }));
}

/** From the record. */
export function recallAddresses(stored: readonly StoredAddress[]): ReadonlyMap<VipKey, OwnedAddress> {
  return new Map(
    stored.map(({ interface: name, address, service, name: serviceName }) => {
      const vip = { family: address.includes(':') ? (6 as const) : (4 as const), address, interface: name };
      return [vipKey(vip), { vip, service: { key: service, name: serviceName } }];
    }),
  );
}
