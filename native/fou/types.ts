/** UDP ports at which the kernel takes packets out of UDP. */
import type { AddressFamily } from '../inet/address.js';

export interface FouPortKey {
  /** Of the outer packet. */
  readonly family: AddressFamily;
  /** 1..65535 */
  readonly port: number;
}

export interface FouPort extends FouPortKey {
  /** The IP protocol of what is inside (4 IPv4, 41 IPv6, 47 GRE); null for GUE, whose header says it. */
  readonly protocol: number | null;
}
