/** VRRP instances as the configuration asks for them. @see RFC 9568, RFC 3768 for version 2 */
import type { Family } from '../base/ip.js';

/** An address that moves with its instance. */
export interface InstanceAddress {
  readonly address: string;
  readonly prefixLength: number;
  /** Where it is added; the instance's own interface unless the file says otherwise. */
  readonly interface: string;
  /** Of IPv4: what the address is called on the interface, `eth0:shop`; null = nothing. */
  readonly label: string | null;
  readonly scope: AddressScope;
}

/** How far an address is valid. @see ip-address(8), SCOPE */
export type AddressScope = 'global' | 'site' | 'link' | 'host';

/** How the neighbours are told that addresses are here now. */
export interface Announcing {
  /** Announcements of one address in a row: nobody confirms them, and one frame is easily lost. */
  readonly volley: number;
  /** When a second volley follows the first, ms; null = never. */
  readonly againMs: number | null;
  /** How often one follows for as long as the addresses are held, ms; null = never. */
  readonly refreshMs: number | null;
}

/** A further line to one other director, which carries what this one is, and whether it is there. */
export interface HeartbeatLine {
  readonly interface: string;
  /** Its address there, of the family of the instance. */
  readonly peer: string;
}

/** An interface that an instance depends on. */
export interface TrackedInterface {
  readonly interface: string;
  /** Added to the priority while it is down, below 0; null = the instance is in fault then. */
  readonly weight: number | null;
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
  /** How long it is backup first, ms; with `preempt` alone. */
  readonly preemptDelayMs: number;
  /** How long after the start of lvsd-vrrp it does not take part, ms. */
  readonly startDelayMs: number;
  /** All instances of a group are active, or none is; null = it is in none. */
  readonly group: string | null;
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
  readonly announce: Announcing;
  /** Empty = the instance's own interface is all it hears others by. */
  readonly heartbeat: readonly HeartbeatLine[];
  /** Beside its own one, which is always tracked. */
  readonly trackedInterfaces: readonly TrackedInterface[];
}
