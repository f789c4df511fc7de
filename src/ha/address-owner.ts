/** What an instance asks of whoever adds, announces and removes addresses. */
import type { InstanceAddress } from '../model/vrrp-instance.js';

/** What could not be done to one address; it was done to the others. */
export interface AddressFailure {
  readonly address: InstanceAddress;
  /** `<operation> <subject>: <reason>` */
  readonly message: string;
}

/**
 * Addresses of this host. All of it happens before a call returns, for the order of removing and sending is the point.
 * None throws; each gives what failed.
 */
export interface AddressOwner {
  /** What is there already is good. */
  add(addresses: readonly InstanceAddress[]): readonly AddressFailure[];
  /** One volley to the neighbours; the instance asks for another when that is due. */
  announce(addresses: readonly InstanceAddress[]): readonly AddressFailure[];
  /** What is gone already is good. */
  remove(addresses: readonly InstanceAddress[]): readonly AddressFailure[];
}
