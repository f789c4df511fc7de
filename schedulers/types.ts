/**
 * The contract every scheduling algorithm satisfies. It must not mention sockets, clocks or Node:
 * the kernel's simulator, the userspace data plane and the tests all drive the same objects.
 */

/** The kernel's address families as the schedulers see them. */
export type Family = 4 | 6;

/** Transport protocols that IPVS schedules. */
export type FlowProtocol = 'tcp' | 'udp' | 'sctp';

/**
 * Which kernel's rules apply; they differ in overhead and in the OVERLOAD flag.
 *
 * - `classic`: 6.1.0-6.1.182, 6.12.0-6.12.103 and older. The default.
 * - `total`: 6.1.183+, 6.12.104+.
 * - `capped`: 6.1.191+, 6.12.113+: `total`, and lblc/lblcr caches with a size limit.
 */
export type KernelGeneration = 'classic' | 'total' | 'capped';

/** Names as the kernel registers them. */
export type SchedulerName =
  'rr' | 'wrr' | 'lc' | 'wlc' | 'lblc' | 'lblcr' | 'dh' | 'sh' | 'sed' | 'nq' | 'mh' | 'fo' | 'ovf';

/** Flags as `ipvsadm -b` spells them; each belongs to the scheduler it is named after. */
export type SchedulerFlag = 'sh-fallback' | 'sh-port' | 'mh-fallback' | 'mh-port';

/**
 * A destination of one service, owned by the data plane, which keeps weight, thresholds and counts current.
 * A scheduler reads it and never writes it. Extra fields are allowed. The object's identity is the server's
 * identity: `pick` returns the very object that was handed to `added`.
 */
export interface SchedulerServer {
  readonly family: Family;
  /** Textual address without brackets, any valid spelling. */
  readonly address: string;
  readonly port: number;
  /** 0..2147483647; 0 = quiesced: never chosen for a new connection. */
  weight: number;
  /** Connections in an active state (see the kernel's TCP state table). */
  activeConnections: number;
  /** Connections known but not active. */
  inactiveConnections: number;
  /** 0 = unset. */
  upperThreshold: number;
  /** 0 = unset. */
  lowerThreshold: number;
  /** The OVERLOAD flag, kept by `overload.ts`. */
  overloaded: boolean;
  /**
   * The weight that it was added with, or the last one above 0 that an edit gave it; default `weight`. Only mh's
   * `bind` reads it, for a server that was quiesced before mh came to the service.
   */
  lastWeight?: number;
}

/** What one packet that may start a connection looks like. Addresses are textual, without brackets. */
export interface Flow {
  readonly family: Family;
  readonly source: string;
  readonly sourcePort: number;
  readonly destination: string;
  readonly destinationPort: number;
  readonly protocol: FlowProtocol;
}

/**
 * One algorithm with its state for one service. Hooks and not one `update(list)`, because the kernel's
 * choices depend on history. The list is kept as the kernel does: newest first.
 */
export interface Scheduler {
  /** The kernel's init on a list that is not empty (newest first); at most once, before any other call. */
  bind?(servers: readonly SchedulerServer[]): void;
  /** A server was linked at the head of the list; its weight and flags are already set. */
  added(server: SchedulerServer): void;
  /** Weight or thresholds of a linked server were changed in place. */
  edited(server: SchedulerServer): void;
  /** A server was unlinked. The same object may be `added` again later. */
  removed(server: SchedulerServer): void;
  /**
   * Chooses a server for a new connection, or null when none may take it.
   *
   * Hot path: no allocation, no clock, no randomness.
   *
   * @param nowMs monotonic milliseconds; only differences matter
   */
  pick(flow: Flow, nowMs: number): SchedulerServer | null;
}

/** Build options of the kernel that is imitated, and per-service flags. */
export interface SchedulerOptions {
  /** `ipvsadm -b` names; a flag of another scheduler is an error. */
  readonly flags?: readonly string[];
  /** Default `classic`. */
  readonly generation?: KernelGeneration;
  /** CONFIG_IP_VS_SH_TAB_BITS, 4..20, default 8. */
  readonly shTableBits?: number;
  /** CONFIG_IP_VS_MH_TAB_INDEX, 8..17, default 12 (4093 slots). */
  readonly mhTableIndex?: number;
  /** net.ipv4.vs.lblc_expiration / lblcr_expiration in milliseconds, default 86400000. */
  readonly expirationMs?: number;
}

/** Makes one scheduler instance with an empty list. */
export type SchedulerFactory = (options: SchedulerOptions) => Scheduler;
