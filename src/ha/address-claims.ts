/** Which instance an address is for: in one reload it may go from one that stays active to another, in whatever order they are told. */
import type { InstanceAddress } from '../model/vrrp-instance.js';
import type { AddressOwner } from './address-owner.js';

/** One a process: who had an address before does not remove it from who has it now. */
export class AddressClaims {
  readonly #owner: AddressOwner;
  readonly #holders = new Map<string, AddressOwner>();

  constructor(owner: AddressOwner) {
    this.#owner = owner;
  }

  /** The owner as one instance has it. */
  seat(): AddressOwner {
    const seat: AddressOwner = {
      add: (addresses) => {
        for (const address of addresses) this.#holders.set(placeOf(address), seat);
        return this.#owner.add(addresses);
      },
      announce: (addresses) => this.#owner.announce(addresses),
      mend: (addresses) => this.#owner.mend(addresses),
      remove: (addresses) => {
        const own = addresses.filter((address) => this.#isFree(address, seat));
        for (const address of own) this.#holders.delete(placeOf(address));
        return own.length === 0 ? [] : this.#owner.remove(own);
      },
    };
    return seat;
  }

  #isFree(address: InstanceAddress, seat: AddressOwner): boolean {
    const holder = this.#holders.get(placeOf(address));
    return holder === undefined || holder === seat;
  }
}

/** Whatever its prefix length: removing it in one form removes it in all. */
function placeOf({ address, interface: name }: InstanceAddress): string {
  return `${address} ${name}`;
}
