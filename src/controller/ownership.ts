/**
 * What is lvsd's own in the table. The unit is the virtual service; servers that were in it before lvsd came are
 * strangers. A plane whose table outlives the process needs this to outlive it, too.
 */
import type { ServiceLabel } from '../dataplane/address-table.js';
import type { ServiceKey } from '../model/keys.js';
import type { ServicePlane } from '../model/virtual-service.js';
import { vipKey, type VipAddress, type VipKey } from '../model/vip-address.js';
import type { OwnedAddress } from './plan-addresses.js';
import type { Strangers } from './strangers.js';

/** What has to be known at the next start. */
export interface OwnedTable {
  /** Names by which the services were known. */
  readonly services: ReadonlyMap<ServiceKey, string>;
  readonly strangers: Strangers;
  /** Addresses that lvsd added; default none. One that was there before is used, and left when its service goes. */
  readonly addresses?: ReadonlyMap<VipKey, OwnedAddress>;
}

/** Nothing is ours: a first start, or a record that does not hold any more. */
export const NOTHING_OWNED: OwnedTable = { services: new Map(), strangers: new Map() };

/**
 * Writes the record down. Settles when it is durable, and settles also when that failed: a full disk must not
 * keep a server from being taken out. What went wrong is the store's to tell.
 */
export type SaveOwnership = (owned: OwnedTable) => Promise<void>;

/** A service of an accepted configuration. */
export interface OwnService {
  readonly key: ServiceKey;
  readonly name: string;
  readonly plane: ServicePlane;
}

/** Services are owned from the moment in which a configuration with them is accepted until their entry is gone. */
export class Ownership implements OwnedTable {
  readonly #services: Map<ServiceKey, string>;
  readonly #adopted = new Set<ServiceKey>();
  readonly #addresses: Map<VipKey, OwnedAddress>;
  /** Owned on a plane that ends with this process: nothing of them is there for the next one. */
  readonly #passing = new Set<ServiceKey>();
  #strangers: Strangers;
  #changed = false;

  /** @param before what an earlier process owned in this very table */
  constructor(before: OwnedTable = NOTHING_OWNED) {
    this.#services = new Map(before.services);
    this.#strangers = before.strangers;
    this.#addresses = new Map(before.addresses);
  }

  get services(): ReadonlyMap<ServiceKey, string> {
    return this.#services;
  }

  get strangers(): Strangers {
    return this.#strangers;
  }

  get addresses(): ReadonlyMap<VipKey, OwnedAddress> {
    return this.#addresses;
  }

  /** Services that became lvsd's and whose table entry has not been looked at since. */
  get adopted(): ReadonlySet<ServiceKey> {
    return this.#adopted;
  }

  /** What is to be written down: a service of that key which the next process finds in the kernel is somebody else's. */
  get lasting(): OwnedTable {
    const services = [...this.#services].filter(([key]) => !this.#passing.has(key));
    return { services: new Map(services), strangers: this.#strangers, addresses: this.#addresses };
  }

  /** Takes over the services of an accepted configuration. */
  own(services: Iterable<OwnService>): void {
    for (const { key, name, plane } of services) {
      const known = this.#services.get(key);
      if (known === undefined) this.#adopted.add(key);
      const [passes, passed] = [plane === 'proxy', this.#passing.has(key)];
      if (known === name && passes === passed) continue;
      if (passes) this.#passing.add(key);
      else this.#passing.delete(key);
      this.#services.set(key, name);
      this.#changed = true;
    }
  }

  /** The entries of these services have been looked at; these are the strangers of all services by now. */
  seen(keys: Iterable<ServiceKey>, strangers: Strangers): void {
    for (const key of keys) this.#adopted.delete(key);
    if (sameStrangers(strangers, this.#strangers)) return;
    this.#strangers = strangers;
    this.#changed = true;
  }

  /** The service left the file and its entry is gone. */
  disown(key: ServiceKey): void {
    this.#adopted.delete(key);
    this.#passing.delete(key);
    if (this.#services.delete(key)) this.#changed = true;
  }

  /** Takes over an address that is about to be added, or that another service needs now. */
  ownAddress(vip: VipAddress, { key, name }: ServiceLabel): void {
    const owned = this.#addresses.get(vipKey(vip));
    if (owned?.service.key === key && owned.service.name === name) return;
    this.#addresses.set(vipKey(vip), { vip, service: { key, name } });
    this.#changed = true;
  }

  /** The address is gone, or has not been added. */
  disownAddress(key: VipKey): void {
    if (this.#addresses.delete(key)) this.#changed = true;
  }

  /** True when something changed since the last call: then the record is to be written. */
  takeChange(): boolean {
    const changed = this.#changed;
    this.#changed = false;
    return changed;
  }
}

function sameStrangers(one: Strangers, other: Strangers): boolean {
  if (one.size !== other.size) return false;
  for (const [key, servers] of one) {
    const others = other.get(key);
    if (others?.size !== servers.size) return false;
    for (const server of servers) if (!others.has(server)) return false;
  }
  return true;
}
