/**
 * The addresses of services with `interface:` from one round to the next: what they need, what is there, what is lvsd's.
 * A plane without a table of addresses has none of them.
 */
import {
  isTableStep,
  type AddressChange,
  type AddressListing,
  type AddressStep,
  type AddressTable,
  type PlannedStep,
} from '../dataplane/address-table.js';
import type { ServiceKey } from '../model/keys.js';
import { vipKey, type VipKey } from '../model/vip-address.js';
import type { VirtualService } from '../model/virtual-service.js';
import type { Ownership } from './ownership.js';
import { computeWantedAddresses, planAddresses, type WantedAddresses } from './plan-addresses.js';

type Services = ReadonlyMap<ServiceKey, VirtualService>;

export class ServiceAddresses {
  readonly #table: AddressTable | null;
  readonly #ownership: Ownership;
  #wanted: { readonly services: Services; readonly addresses: WantedAddresses } | null = null;
  #present = new Set<VipKey>();

  constructor(table: AddressTable | null, ownership: Ownership) {
    this.#table = table;
    this.#ownership = ownership;
  }

  get table(): AddressTable | null {
    return this.#table;
  }

  /** Whether lvsd is to own an address for a service. */
  needs(service: ServiceKey, services: Services): boolean {
    return this.#wantedBy(services).byService.has(service);
  }

  /** What is there now; null where nothing is needed or owned, for then it does not matter. @throws DirectorError as `AddressTable.list` */
  async list(services: Services): Promise<AddressListing | null> {
    const needed = this.#wantedBy(services).byKey.size > 0 || this.#ownership.addresses.size > 0;
    return this.#table === null || !needed ? null : this.#table.list();
  }

  /**
   * Takes over a list.
   *
   * @param leaves services whose drift is left to those who made it: their address stays as believed
   */
  believe(
    listing: AddressListing | null,
    services: Services,
    leaves: (service: ServiceKey) => boolean,
  ): void {
    if (listing === null) return;
    const before = this.#present;
    this.#present = new Set(listing.present);
    for (const [key, { services: sharing }] of this.#wantedBy(services).byKey)
      if (before.has(key) && sharing[0] !== undefined && leaves(sharing[0].key)) this.#present.add(key);
  }

  /**
   * What somebody else took from this service, as the steps that undo it. A shared address counts for the first of its
   * services; one of an interface that is down for none, for the kernel itself takes such addresses.
   */
  missing(service: ServiceKey, listing: AddressListing | null, services: Services): readonly AddressStep[] {
    const wanted = this.#wantedBy(services);
    if (listing === null || !wanted.byService.has(service)) return [];
    const { present, up } = listing;
    const steps = planAddresses({ wanted, present, owned: new Map(), planned: new Set([service]) });
    return steps.filter(({ vip }) => {
      const key = vipKey(vip);
      return (
        this.#present.has(key) && up.has(vip.interface) && wanted.byKey.get(key)?.services[0]?.key === service
      );
    });
  }

  /**
   * The steps for these services, and for addresses that no service needs any more. Before they are run the addresses
   * are to be listed anew and planned again: what somebody else has added meanwhile must not be taken for ours.
   */
  plan(services: Services, planned: ReadonlySet<ServiceKey>): readonly AddressStep[] {
    if (this.#table === null) return [];
    const { addresses: owned } = this.#ownership;
    return planAddresses({ wanted: this.#wantedBy(services), present: this.#present, owned, planned });
  }

  /** Before the steps run: an address that a crash leaves behind must be known as ours. */
  claim(steps: readonly PlannedStep[], services: Services): void {
    for (const step of steps)
      if (step.kind === 'add-address') this.#ownership.ownAddress(step.vip, step.service);
    for (const [key, { vip, service }] of this.#ownership.addresses) {
      const sharing = this.#wantedBy(services).byKey.get(key)?.services;
      const [first] = sharing ?? [];
      if (first !== undefined && sharing?.some((label) => label.key === service.key) !== true)
        this.#ownership.ownAddress(vip, first);
    }
  }

  /** After the steps ran. */
  acknowledge(steps: readonly PlannedStep[], applied: readonly PlannedStep[], services: Services): void {
    const done = new Set(applied);
    for (const step of steps) {
      if (isTableStep(step)) continue;
      const key = vipKey(step.vip);
      if (step.kind === 'delete-address') {
        if (done.has(step)) this.#present.delete(key);
      } else if (done.has(step)) this.#present.add(key);
      else this.#ownership.disownAddress(key);
    }
    this.#disownGone(services);
  }

  /** Services that such a change concerns. */
  affected(change: AddressChange, services: Services): readonly ServiceKey[] {
    const { byKey, byService } = this.#wantedBy(services);
    switch (change.kind) {
      case 'address-gone':
        return (byKey.get(change.vip)?.services ?? []).map(({ key }) => key);
      case 'interface-up':
        return [...byService.keys()].filter((key) => services.get(key)?.interface === change.interface);
      case 'unknown':
        return [...byService.keys()];
    }
  }

  /** An address that nobody needs and that is not there is nobody's: another may add it anew. */
  #disownGone(services: Services): void {
    const { byKey } = this.#wantedBy(services);
    for (const key of this.#ownership.addresses.keys())
      if (!byKey.has(key) && !this.#present.has(key)) this.#ownership.disownAddress(key);
  }

  /** Computed once a configuration. */
  #wantedBy(services: Services): WantedAddresses {
    if (this.#wanted?.services !== services) {
      const addresses = computeWantedAddresses(this.#table === null ? [] : services.values());
      this.#wanted = { services, addresses };
    }
    return this.#wanted.addresses;
  }
}
