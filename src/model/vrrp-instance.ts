/** VRRP instances as the configuration asks for them. @see RFC 9568, RFC 3768 for version 2 */
import type { Family } from '../base/ip.js';

/** An address that moves with its instance. */
export interface InstanceAddress {
  readonly address: string;
  readonly prefixLength: number;
  /** Where it is added; the instance's own interface unless the file says otherwise. */
  readonly interface: string;
}

/** One virtual router on one interface. */
export interface VrrpInstance {
  /** Unique among the instances. */
  readonly name: string;
  /** Advertisements are sent and heard there. */
  readonly interface: string;
  /** Of the advertisements, and so of every address that they list. */
  readonly family: Family;
  /** 1..255 */
  readonly vrid: number;
  readonly version: 2 | 3;
  /** 1..254; 255 is the owner of the addresses. */
  readonly priority: number;
  /** Whole seconds in version 2, whole centiseconds in version 3. */
  readonly advertiseMs: number;
  /** Whether it takes over from a director of lower priority. */
  readonly preempt: boolean;
  /** Directors that are told one by one; empty = the multicast group. */
  readonly peers: readonly string[];
  /** Of the advertisements; null = the interface's own address (IPv6: its link-local one). */
  readonly source: string | null;
  /** Version 2's plain-text password, at most 8 bytes; null = none. */
  readonly password: string | null;
  /** Version 3 over IPv4: what the checksum that is sent covers. Both are accepted. */
  readonly checksum: 'pseudo-header' | 'message';
  /** In the order of the file, at least one of the instance's own family. */
  readonly addresses: readonly InstanceAddress[];
}
