/** The instances of VRRP of a director and the process that drives them, as status and metrics show them. */
import type { SyncStatus } from './sync-daemon.js';
import type { Track } from './track.js';
import type { VrrpPeer, VrrpRole } from './vrrp-role.js';

export interface HaStatus {
  readonly process: VrrpProcessStatus;
  /** In the order of the file. */
  readonly instances: readonly InstanceStatus[];
  /** What they depend on beside interfaces, in the order of the file. */
  readonly tracks: readonly TrackStatus[];
  /** The kernel's daemons for connections; null = the file has none. */
  readonly sync: SyncStatus | null;
}

/** `lvsd-vrrp`. */
export interface VrrpProcessStatus {
  readonly running: boolean;
  /** null while it does not run. */
  readonly pid: number | null;
  /** For people: why it does not run; empty while it does. */
  readonly reason: string;
  /** How often it was started again since lvsd began. */
  readonly restarts: number;
  /** What it runs without, each with the reason and the next step. */
  readonly shortcomings: readonly string[];
}

/** Two directors are active in one instance. */
export interface SplitStatus {
  /** The other one. */
  readonly peer: VrrpPeer;
  /** Wall clock, ms. */
  readonly sinceMs: number;
}

/** An instance as the file has it, and its role. */
export interface InstanceStatus extends VrrpRole {
  readonly interface: string;
  readonly vrid: number;
  readonly version: 2 | 3;
  /** The file's, 1..255; what is bad may lower the one that it stands for election with. */
  readonly configuredPriority: number;
  /** All instances of a group move together; null = it is in none. */
  readonly group: string | null;
  /** While another director is active, too; null = none is heard to be. */
  readonly split: SplitStatus | null;
  /** `192.0.2.10/24`; with ` on eth1` where that is not the instance's interface. */
  readonly addresses: readonly string[];
}

export const TRACK_STATES = ['good', 'bad', 'unknown'] as const;

export type TrackState = (typeof TRACK_STATES)[number];

/** What is known of something that an instance depends on. */
export interface TrackFinding {
  readonly state: TrackState;
  /** What the instance goes by: `state`; while that is unknown what it was before, and good before anything was known. */
  readonly countsAs: Exclude<TrackState, 'unknown'>;
  /** For people: `pid 812`, `connect 127.0.0.1:8080: ECONNREFUSED`. */
  readonly reason: string;
}

/** Something that an instance depends on, as it is now. */
export interface TrackStatus extends TrackFinding, Pick<Track, 'instance' | 'kind' | 'name' | 'weight'> {
  /** Wall clock, when `state` became so, ms. */
  readonly sinceMs: number;
}
