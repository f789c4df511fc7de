/** What an instance asks of whoever adds, announces and removes addresses. */
import type { InstanceAddress } from '../model/vrrp-instance.js';

/** What could not be done to one address; it was done to the others. */
export interface AddressFailure {
  readonly address: InstanceAddress;
  /** `<operation> <subject>: <reason>` */
  readonly message: string;
}

/**
 * How an address is on its interface; `odd` = with another prefix length, label or scope than the file says, or in more
 * than one of these forms.
 */
export type AddressPresence = 'right' | 'odd' | 'gone';

/**
 * Addresses of this host. All of it happens before a call returns, for the order of removing and sending is the point.
 * None throws; each gives what failed.
 */
export interface AddressOwner {
  /** What is there already is good, in whatever form. */
  add(addresses: readonly InstanceAddress[]): readonly AddressFailure[];
  /** Each once; the instance asks for more when that is due. */
  announce(addresses: readonly InstanceAddress[]): readonly AddressFailure[];
  /** Has addresses that are there in the form that is asked for, and in no other. What is right is good. */
  mend(addresses: readonly InstanceAddress[]): readonly AddressFailure[];
  /** What is gone already is good. */
  remove(addresses: readonly InstanceAddress[]): readonly AddressFailure[];
}
