/** The difference between the addresses that services need and those that are there, as steps. Pure. */
import type { AddressStep, ServiceLabel } from '../dataplane/address-table.js';
import type { ServiceKey } from '../model/keys.js';
import { vipAddresses, vipKey, type VipAddress, type VipKey } from '../model/vip-address.js';
import type { VirtualService } from '../model/virtual-service.js';

/** An address and the services that need it, in the order of the file. */
export interface WantedAddress {
  readonly vip: VipAddress;
  readonly services: readonly ServiceLabel[];
}

/** What the services of one configuration need; asked by address, by service and by interface. */
export interface WantedAddresses {
  readonly byKey: ReadonlyMap<VipKey, WantedAddress>;
  readonly byService: ReadonlyMap<ServiceKey, readonly VipKey[]>;
  /** Under the address alone, whatever the interface. */
  readonly byAddress: ReadonlyMap<string, readonly VipKey[]>;
}

/** An address that lvsd added, and for whom. */
export interface OwnedAddress {
  readonly vip: VipAddress;
  readonly service: ServiceLabel;
}

export interface AddressPlanInputs {
  readonly wanted: WantedAddresses;
  readonly present: ReadonlySet<VipKey>;
  /** What may be deleted: an address that was there before lvsd is used and left. */
  readonly owned: ReadonlyMap<VipKey, OwnedAddress>;
  /** Services that may be given an address now. */
  readonly planned: ReadonlySet<ServiceKey>;
}

/** Computes what these services need. Services without `interface:` need nothing. */
export function computeWantedAddresses(services: Iterable<VirtualService>): WantedAddresses {
  const byKey = new Map<VipKey, { vip: VipAddress; services: ServiceLabel[] }>();
  const byService = new Map<ServiceKey, readonly VipKey[]>();
  const byAddress = new Map<string, VipKey[]>();
  for (const service of services) {
    const vips = vipAddresses(service);
    if (vips.length === 0) continue;
    byService.set(service.key, vips.map(vipKey));
    for (const vip of vips) {
      const key = vipKey(vip);
      const label = { key: service.key, name: service.name };
      const wanted = byKey.get(key);
      if (wanted === undefined) {
        byKey.set(key, { vip, services: [label] });
        push(byAddress, vip.address, key);
      } else wanted.services.push(label);
    }
  }
  return { byKey, byService, byAddress };
}

/**
 * Computes the steps for addresses in the order in which they run: those of planned services that are missing are added, and those that are lvsd's and
 * that no service needs any more are deleted. Each is one step, however many services share it.
 *
 * An address that moves to another interface is deleted only when it is there, or is added by this very plan.
 */
export function planAddresses(inputs: AddressPlanInputs): readonly AddressStep[] {
  const additions = addSteps(inputs);
  const deletions = deleteSteps(inputs, additions);
  const before = deletions.filter(({ phase }) => phase === 0);
  const after = deletions.filter(({ phase }) => phase !== 0);
  return [...before, ...additions, ...after];
}

type AddStep = Extract<AddressStep, { kind: 'add-address' }>;

function addSteps({ wanted, present, planned }: AddressPlanInputs): readonly AddStep[] {
  const missing = new Set<VipKey>();
  for (const service of planned)
    for (const key of wanted.byService.get(service) ?? []) if (!present.has(key)) missing.add(key);
  return [...missing].flatMap((key) => {
    const address = wanted.byKey.get(key);
    const [service, ...others] = address?.services.filter((label) => planned.has(label.key)) ?? [];
    if (address === undefined || service === undefined) return [];
    const sharing = others.map((label) => label.key);
    return [{ kind: 'add-address', phase: 5, service, vip: address.vip, sharing }];
  });
}

function deleteSteps(
  { wanted, present, owned }: AddressPlanInputs,
  additions: readonly AddStep[],
): readonly AddressStep[] {
  const steps: AddressStep[] = [];
  const added = new Map(additions.map((step) => [vipKey(step.vip), step.service]));
  for (const [key, { vip, service }] of owned) {
    if (wanted.byKey.has(key) || !present.has(key)) continue;
    const elsewhere = wanted.byAddress.get(vip.address) ?? [];
    if (elsewhere.length === 0) steps.push({ kind: 'delete-address', phase: 0, service, vip });
    else if (elsewhere.some((other) => present.has(other)))
      steps.push({ kind: 'delete-address', phase: 6, service, vip });
    else {
      // for the service that gets it there: when that fails, it stays where it is
      const mover = elsewhere.map((other) => added.get(other)).find((label) => label !== undefined);
      if (mover !== undefined) steps.push({ kind: 'delete-address', phase: 6, service: mover, vip });
    }
  }
  return steps;
}

function push<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}
