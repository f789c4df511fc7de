/** Addresses that an `lvsd-vrrp` before this one left when its director was killed, with `on_crash: hold`. */
import type { InstanceAddress } from '../model/vrrp-instance.js';
import type { AddressFailure, AddressOwner } from './address-owner.js';
import { keyOf, without } from './address-sets.js';

/**
 * Leaves the addresses where they are until somebody has them: this instance, which becomes active, or another director, which
 * is heard. Of one instance.
 */
export class AdoptedAddresses implements AddressOwner {
  readonly #owner: AddressOwner;
  #waiting: readonly InstanceAddress[] | null;
  #spares = false;
  #hasAdded = false;

  /** @param adopt false = there is nothing to wait for, as in all but the first configuration */
  constructor(owner: AddressOwner, adopt: boolean) {
    this.#owner = owner;
    this.#waiting = adopt ? [] : null;
  }

  /** While it spares, what it has not added itself is not removed: it may be this host's own. */
  spare(spares: boolean): void {
    this.#spares = spares;
  }

  /** Those that the file does not give the instance any more are not left behind. */
  add(addresses: readonly InstanceAddress[]): readonly AddressFailure[] {
    this.#hasAdded = true;
    const left = (this.#waiting ?? []).filter(
      (waiting) => !addresses.some((other) => keyOf(other) === keyOf(waiting)),
    );
    this.#waiting = null;
    const failures = left.length === 0 ? [] : this.#owner.remove(left);
    return [...failures, ...this.#owner.add(addresses)];
  }

  announce(addresses: readonly InstanceAddress[]): readonly AddressFailure[] {
    return this.#owner.announce(addresses);
  }

  mend(addresses: readonly InstanceAddress[]): readonly AddressFailure[] {
    return this.#owner.mend(addresses);
  }

  remove(addresses: readonly InstanceAddress[]): readonly AddressFailure[] {
    if (this.#spares && !this.#hasAdded) return [];
    if (this.#waiting === null) return this.#owner.remove(addresses);
    this.#waiting = [...addresses, ...without(this.#waiting, addresses)];
    return [];
  }

  /** Somebody else has them, or nobody shall: what was to be removed is removed. Idempotent. */
  release(): readonly AddressFailure[] {
    const waiting = this.#waiting ?? [];
    this.#waiting = null;
    return waiting.length === 0 ? [] : this.#owner.remove(waiting);
  }
}
