/**
 * What is lvsd's own in the table. The unit is the virtual service; servers in it that are not in the file are leaving.
 * A plane whose table outlives the process needs this to outlive it, too.
 */
import type { ServiceLabel } from '../dataplane/address-table.js';
import type { DrainTime } from '../model/drain.js';
import type { ServerKey, ServiceKey } from '../model/keys.js';
import type { ServicePlane } from '../model/virtual-service.js';
import { vipKey, type VipAddress, type VipKey } from '../model/vip-address.js';
import type { OwnedAddress } from './plan-addresses.js';
import { joinLeaving, NOBODY_LEAVES, sameLeaving, type Leaver, type Leaving } from './leaving.js';

/** What has to be known at the next start. */
export interface OwnedTable {
  /** Names by which the services were known. */
  readonly services: ReadonlyMap<ServiceKey, string>;
  readonly leaving: Leaving;
  /** Addresses that lvsd added; default none. One that was there before is used, and left when its service goes. */
  readonly addresses?: ReadonlyMap<VipKey, OwnedAddress>;
}

/** Nothing is ours: a first start, or a record that does not hold any more. */
export const NOTHING_OWNED: OwnedTable = { services: new Map(), leaving: NOBODY_LEAVES };

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
  readonly #recalled: Set<ServiceKey>;
  readonly #addresses: Map<VipKey, OwnedAddress>;
  /** Services that come and go by turns. They stand in the record before they come, so that no turn has to write it. */
  #reserved: ReadonlyMap<ServiceKey, string> = new Map();
  /** Owned on a plane that ends with this process: nothing of them is there for the next one. */
  readonly #passing = new Set<ServiceKey>();
  #leaving: Leaving;
  #changed = false;

  /** @param before what an earlier process owned in this very table */
  constructor(before: OwnedTable = NOTHING_OWNED) {
    this.#services = new Map(before.services);
    this.#recalled = new Set(before.services.keys());
    this.#leaving = before.leaving;
    this.#addresses = new Map(before.addresses);
  }

  get services(): ReadonlyMap<ServiceKey, string> {
    return this.#services;
  }

  /** Servers of these services that are not in the file. */
  get leaving(): Leaving {
    return this.#leaving;
  }

  get addresses(): ReadonlyMap<VipKey, OwnedAddress> {
    return this.#addresses;
  }

  /** Services that became lvsd's and whose table entry has not been looked at since. */
  get adopted(): ReadonlySet<ServiceKey> {
    return this.#adopted;
  }

  /** Services that were lvsd's before this process, and whose table entry has not been looked at since. */
  get recalled(): ReadonlySet<ServiceKey> {
    return this.#recalled;
  }

  /** What is to be written down: a service of that key which the next process finds in the kernel is somebody else's. */
  get lasting(): OwnedTable {
    const owned = [...this.#reserved, ...this.#services];
    const services = new Map(owned.filter(([key]) => !this.#passing.has(key)));
    const leaving = new Map([...this.#leaving].filter(([key]) => services.has(key)));
    return { services, leaving, addresses: this.#addresses };
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
      if (this.#reserved.get(key) !== name) this.#changed = true;
    }
  }

  /** These may be in the table at any time from now on, others no more; by name. */
  reserve(services: ReadonlyMap<ServiceKey, string>): void {
    const before = this.#reserved;
    this.#reserved = services;
    if (services.size !== before.size || [...services].some(([key, name]) => before.get(key) !== name))
      this.#changed = true;
  }

  /** The file has these no more. Whether they are in the table shows at the next look. */
  leave(leavers: Leaving): void {
    this.#setLeaving(joinLeaving(this.#leaving, leavers));
  }

  /** The entries of these services have been looked at; these leave any of the services by now. */
  seen(keys: Iterable<ServiceKey>, leaving: Leaving): void {
    for (const key of keys) {
      this.#adopted.delete(key);
      this.#recalled.delete(key);
    }
    this.#setLeaving(leaving);
  }

  /** Nothing is left on the server, or its time is over: the next plan deletes it. */
  endLeave(service: ServiceKey, server: ServerKey): void {
    this.#changeLeaver(service, server, { ended: true });
  }

  /** The clock was set. */
  moveLeave(service: ServiceKey, server: ServerKey, { sinceMs, deadlineMs }: DrainTime): void {
    this.#changeLeaver(service, server, { sinceMs, deadlineMs });
  }

  /** The service left the file and its entry is gone. */
  disown(key: ServiceKey): void {
    this.#adopted.delete(key);
    this.#passing.delete(key);
    if (this.#services.delete(key) && !this.#reserved.has(key)) this.#changed = true;
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

  #changeLeaver(service: ServiceKey, server: ServerKey, change: Partial<Leaver>): void {
    const ofService = this.#leaving.get(service);
    const known = ofService?.get(server);
    if (ofService === undefined || known === undefined) return;
    const servers = new Map([...ofService, [server, { ...known, ...change }]]);
    this.#setLeaving(new Map([...this.#leaving, [service, servers]]));
  }

  #setLeaving(leaving: Leaving): void {
    if (sameLeaving(leaving, this.#leaving)) return;
    this.#leaving = leaving;
    this.#changed = true;
  }
}
