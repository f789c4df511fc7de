/**
 * IPVS in the kernel's own words: what one message says, decoded. The domain's words (`nat`, `dr`, checks, pools) are
 * another set and are converted by who uses both.
 */

export type IpvsFamily = 'ipv4' | 'ipv6';

/** A service by address. `protocol` is the IP protocol number: 6 TCP, 17 UDP, 132 SCTP. Port 0 stands for any port. */
export interface IpvsAddressKey {
  readonly family: IpvsFamily;
  readonly protocol: number;
  /** Canonical text as `formatAddress` gives it. */
  readonly address: string;
  readonly port: number;
}

/** A service by firewall mark, 1..2^32-1. */
export interface IpvsFwmarkKey {
  readonly family: IpvsFamily;
  readonly fwmark: number;
}

export type IpvsServiceKey = IpvsAddressKey | IpvsFwmarkKey;

export interface IpvsServiceSettings {
  /** Kernel's name, `none` for a service that schedules nothing. */
  readonly scheduler: string;
  /** `IP_VS_SVC_F_*`. The kernel sets `HASHED` by itself and ignores it in requests. */
  readonly flags: number;
  /** Persistence timeout in seconds; 0 where not persistent. Below 4,000,000, for the kernel counts it in ticks of 32 bits. */
  readonly timeoutSec: number;
  /** IPv4: the mask as an unsigned number, 0xffffff00 for /24. IPv6: the prefix length, 1..128. */
  readonly netmask: number;
  /** Persistence engine (`sip`) or null. */
  readonly persistenceEngine: string | null;
}

export type IpvsServiceConfig = IpvsServiceKey & IpvsServiceSettings;

/** A service as the kernel lists it. */
export type IpvsService = IpvsServiceConfig & { readonly stats: IpvsStats };

/** A service as listed without its statistics. */
export type IpvsServiceEntry = IpvsServiceConfig;

/** How packets reach the server: `masq` is NAT, `droute` direct routing. `bypass` exists on the wire only. */
export type IpvsForwarding = 'masq' | 'local' | 'tunnel' | 'droute' | 'bypass';

export interface IpvsTunnel {
  /** `unknown` in lists only: a type that a newer kernel has. */
  readonly type: 'ipip' | 'gue' | 'gre' | 'unknown';
  /** UDP port of GUE; 0 for the others. */
  readonly port: number;
  readonly checksum: 'none' | 'on' | 'remote';
}

export interface IpvsDestinationKey {
  /** May differ from the service's with tunnels only. */
  readonly family: IpvsFamily;
  readonly address: string;
  readonly port: number;
}

export interface IpvsDestinationSettings {
  readonly forwarding: IpvsForwarding;
  /** Signed in the kernel: 0..2^31-1. */
  readonly weight: number;
  /** Connections; 0 is none. */
  readonly upperThreshold: number;
  readonly lowerThreshold: number;
  /** Null: the kernel is told nothing, which is IPIP (and which kernels before 5.2 know alone). */
  readonly tunnel: IpvsTunnel | null;
}

export type IpvsDestinationConfig = IpvsDestinationKey & IpvsDestinationSettings;

/** A destination as listed without its statistics; `tunnel` is null where the kernel is too old to tell. */
export type IpvsDestinationEntry = IpvsDestinationConfig & {
  readonly activeConnections: number;
  readonly inactiveConnections: number;
  readonly persistentConnections: number;
};

/** A destination as the kernel lists it. */
export type IpvsDestination = IpvsDestinationEntry & { readonly stats: IpvsStats };

/**
 * Counters and rates. 64 bits from `STATS64`; kernels before 4.1 give 32-bit connections and packets, which wrap.
 * Refreshed by the kernel every 2 s; rates are moving averages per second, bytes (not bits) for `*BytesPerSec`.
 */
export interface IpvsStats {
  readonly connections: bigint;
  readonly inPackets: bigint;
  readonly outPackets: bigint;
  readonly inBytes: bigint;
  readonly outBytes: bigint;
  readonly connectionsPerSec: bigint;
  readonly inPacketsPerSec: bigint;
  readonly outPacketsPerSec: bigint;
  readonly inBytesPerSec: bigint;
  readonly outBytesPerSec: bigint;
}

export type IpvsDaemonRole = 'master' | 'backup';

/** A connection synchronisation daemon to start; what is left out is the kernel's default. */
export interface IpvsDaemonConfig {
  readonly role: IpvsDaemonRole;
  readonly interface: string;
  /** 0..255. */
  readonly syncId: number;
  /** Bytes of a message's payload. */
  readonly maxLength?: number;
  /** Multicast address, either family; default 224.0.0.81. */
  readonly group?: string;
  /** Default 8848. */
  readonly port?: number;
  /** Default 1. */
  readonly ttl?: number;
}

/** A daemon that runs; what is missing the kernel (before 4.3) does not tell. */
export type IpvsDaemon = IpvsDaemonConfig;

/** Seconds. */
export interface IpvsTimeouts {
  readonly tcpSec: number;
  readonly tcpFinSec: number;
  readonly udpSec: number;
}

export interface IpvsInfo {
  /** `1.2.1`. */
  readonly version: string;
  /** Buckets of the connection table. */
  readonly connectionTableSize: number;
}

/** Every command that changes something, as data: what `batch` takes. */
export type IpvsRequest =
  | { readonly command: 'add-service' | 'edit-service'; readonly service: IpvsServiceConfig }
  | { readonly command: 'delete-service'; readonly service: IpvsServiceKey }
  | {
      readonly command: 'add-destination' | 'edit-destination';
      readonly service: IpvsServiceKey;
      readonly destination: IpvsDestinationConfig;
    }
  | {
      readonly command: 'delete-destination';
      readonly service: IpvsServiceKey;
      readonly destination: IpvsDestinationKey;
    }
  /** Counters of one service, or with null of all and the totals. */
  | { readonly command: 'zero'; readonly service: IpvsServiceKey | null }
  | { readonly command: 'flush' }
  /** A value of 0 leaves that timeout as it is. */
  | { readonly command: 'set-timeouts'; readonly timeouts: IpvsTimeouts }
  | { readonly command: 'start-daemon'; readonly daemon: IpvsDaemonConfig }
  | { readonly command: 'stop-daemon'; readonly role: IpvsDaemonRole };

export type IpvsCommand = IpvsRequest['command'];
