/** Addresses, links and routes in the kernel's own words, decoded. */
import type { AddressFamily } from '../inet/address.js';

/** An address of an interface, as the kernel lists it. */
export interface InterfaceAddress {
  readonly family: AddressFamily;
  /** Of the interface. */
  readonly index: number;
  /** The own address, canonical text. */
  readonly address: string;
  readonly prefixLength: number;
  /** The other end of a point-to-point link, or null. */
  readonly peer: string | null;
  /** IPv4 only. */
  readonly broadcast: string | null;
  /** IPv4 only: `eth0`, `eth0:vip`. */
  readonly label: string | null;
  /** `RT_SCOPE_*`: 0 global, 253 link, 254 host. */
  readonly scope: number;
  /** `IFA_F_*`. */
  readonly flags: number;
  /**
   * Seconds left, null without end. Whether an address is deprecated tells `IFA_F_DEPRECATED`: of an IPv4 address that
   * never ends the kernel gives null here all the same.
   */
  readonly preferredSec: number | null;
  readonly validSec: number | null;
}

/** What makes one address of one interface, for deleting it. A listed address is one. */
export interface AddressKey {
  /** Of the interface. */
  readonly index: number;
  readonly address: string;
  /** 0..32 or 0..128. A service address is best a single one, 32 or 128: it is no subnet, and nobody's secondary. */
  readonly prefixLength: number;
  /** The other end of a point-to-point link; null (default) where there is none. */
  readonly peer?: string | null;
}

/** An address to add. */
export interface AddressConfig extends AddressKey {
  /** IPv4 only. */
  readonly broadcast?: string;
  /** IPv4 only, 1..15 bytes; old tools demand that it begins with the interface's name. */
  readonly label?: string;
  /** `RT_SCOPE_*`; default 0, global. IPv6 has the scope of the address itself. */
  readonly scope?: number;
  /** IPv6: usable at once, without duplicate address detection. IPv4 has none. */
  readonly noDad?: boolean;
  /** Make no route to the subnet. */
  readonly noPrefixRoute?: boolean;
  /** Seconds, null (default) without end. 0: deprecated, never chosen as a source by itself. Not above `validSec`. */
  readonly preferredSec?: number | null;
  /** Seconds above 0, null (default) without end: when it is over the kernel deletes the address. */
  readonly validSec?: number | null;
}

/** RFC 2863, as the kernel numbers them from 0. */
export type OperState =
  'unknown' | 'not-present' | 'down' | 'lower-layer-down' | 'testing' | 'dormant' | 'up';

/** A network interface. */
export interface Link {
  readonly index: number;
  readonly name: string;
  /** `ARPHRD_*`: 1 Ethernet, 772 loopback, 768 a tunnel of IPv4 in IPv4. */
  readonly hardwareType: number;
  /** `IFF_*`. */
  readonly flags: number;
  /** Set up by the administrator (`IFF_UP`), whatever the cable says. */
  readonly up: boolean;
  /** Whether the cable is in; null where the driver does not tell. */
  readonly carrier: boolean | null;
  readonly operState: OperState;
  readonly mtu: number;
  /** Hardware address in lower case, `02:00:00:00:00:01`; of a tunnel its local IP address in the same form. Null without one. */
  readonly hardwareAddress: string | null;
  /** `dummy`, `veth`, `ipip`; null for hardware and loopback. */
  readonly kind: string | null;
  /** Index of the bridge or bond that this link is a port of, or null. */
  readonly master: number | null;
  /** Index of the link that this one is on (a VLAN, a macvlan), or of a veth's other end; null where it is of another namespace. */
  readonly lower: number | null;
}

/** A link to create. It is down at first. Names have 1..15 bytes. */
export type LinkConfig =
  | { readonly kind: 'dummy'; readonly name: string }
  | {
      readonly kind: 'ipip';
      readonly name: string;
      /** IPv4 addresses of the tunnel's ends; default any. */
      readonly local?: string;
      readonly remote?: string;
    }
  | { readonly kind: 'veth'; readonly name: string; readonly peerName: string };

export interface NextHop {
  /** Canonical text, possibly of the other family; null for a directly connected subnet. */
  readonly gateway: string | null;
  /** Index of the interface, or null where the kernel names none. An IPv6 route that leads nowhere names the loopback. */
  readonly index: number | null;
}

/** A route of a table, as the kernel lists it. */
export interface Route {
  readonly family: AddressFamily;
  /** Canonical text; `0.0.0.0` or `::` with prefix length 0 is the default route. */
  readonly destination: string;
  readonly prefixLength: number;
  /**
   * More than one for a multipath route. None for an IPv4 route that leads nowhere (`RTN_UNREACHABLE`, `RTN_BLACKHOLE`),
   * and for one by a next-hop object where the kernel does not spell these out (`net.ipv4.nexthop_compat_mode` is 0).
   */
  readonly nextHops: readonly NextHop[];
  readonly preferredSource: string | null;
  /** 0 where there is none. Lower is preferred. */
  readonly metric: number;
  /** `RT_TABLE_*`: 254 main, 255 local. */
  readonly table: number;
  /** Who made it, `RTPROT_*`: 2 kernel, 3 an administrator at boot, 4 static. */
  readonly protocol: number;
  /** `RT_SCOPE_*`. */
  readonly scope: number;
  /** `RTN_*`: 1 unicast, 2 local, 6 blackhole. */
  readonly type: number;
}

/** A simple unicast route, to add or delete. */
export interface RouteConfig {
  /** Without bits past the prefix: `10.0.0.0` with prefix length 8; `0.0.0.0` or `::` with 0 is the default route. */
  readonly destination: string;
  readonly prefixLength: number;
  /** Of the destination's family. */
  readonly gateway?: string;
  /** Index of the interface. Needed without a gateway. */
  readonly index?: number;
  readonly preferredSource?: string;
  /** Default: the kernel's, 0 for IPv4 and 1024 for IPv6. */
  readonly metric?: number;
  /** Default `RT_TABLE_MAIN`. */
  readonly table?: number;
}

/** A route and the payload that the kernel described it with, which makes or deletes it as it was. */
export interface SavedRoute {
  readonly route: Route;
  /** A copy; without what is of the moment only, such as the state of its interface. */
  readonly bytes: Uint8Array;
}

/** A packet whose way is asked for. */
export interface RouteLookup {
  readonly destination: string;
  /** Of the destination's family. Default: the kernel chooses one. */
  readonly source?: string;
  /** Index of the interface that the packet came in by. Default: it is this host's own. */
  readonly inputIndex?: number;
  /** Firewall mark. */
  readonly mark?: number;
}
