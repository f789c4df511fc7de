/**
 * The one picture of the director that CLI, HTTP, metrics and dashboard read. Plain JSON values only;
 * holds no secret. Wall-clock times in ms since the epoch.
 */
import type { AgentReport } from './agent.js';
import type { DrainStatus, MaintenanceOrder } from './drain.js';
import type { HaStatus } from './ha-status.js';
import type { ServerKey, ServiceKey } from './keys.js';
import type { NoticeStatus } from './notice.js';
import type { Load } from './load.js';
import type { PlaneRates } from './rates.js';
import type { ForwardingMethod } from './real-server.js';
import type { SeenRole } from './role.js';
import type { ServingTier } from './serving.js';
import type { VerdictState } from './status.js';
import type { Protocol } from './virtual-service.js';

export interface Snapshot {
  /** Rises with every change of the model, a verdict or an override that was planned. */
  readonly revision: number;
  readonly director: {
    readonly name: string;
    readonly version: string;
    readonly pid: number;
    readonly startedAtMs: number;
    /** Files of state_dir that are not as they ought to be; absent when all are. */
    readonly unwritten?: readonly UnwrittenState[];
    /** The last standstill of the process of a second or more; absent when there was none. */
    readonly lastStall?: { readonly atMs: number; readonly durationMs: number };
    /** In the order of the file; absent when it has none. */
    readonly notices?: readonly NoticeStatus[];
  };
  readonly dataplane: {
    readonly kind: string;
    /** Why this plane: "configured", "auto: this kernel has no IPVS". */
    readonly reason: string;
    /** Live client connections on the plane, UDP sessions included. */
    readonly connections: number;
  };
  readonly config: ConfigStatus;
  readonly ready: { readonly ok: boolean; readonly reasons: readonly string[] };
  /** Absent when the file has no instances of VRRP. */
  readonly ha?: HaStatus;
  readonly services: readonly ServiceStatus[];
  readonly lastPlan: PlanSummary | null;
  /** Services that lvsd has for its probes; absent where no check asks by way of a service's address. */
  readonly probes?: readonly ProbeStatus[];
}

/** The service that probes of one server go through (`path: vip`). */
export interface ProbeStatus {
  /** Of the service whose server it is. */
  readonly service: string;
  /** That server's name. */
  readonly server: string;
  /** By which the table knows it. */
  readonly mark: number;
  /** With more servers than `director.probe.max` they are there in turn. */
  readonly inTable: boolean;
  /** Probes that went through it, as the table counts. */
  readonly connections: number;
}

/** A file of state_dir that cannot be written: after a restart the director would know less. */
export interface UnwrittenState {
  /** Absolute path; the folder for the history. */
  readonly file: string;
  /** One line. */
  readonly reason: string;
  readonly sinceMs: number;
}

export interface ConfigStatus {
  readonly file: string;
  /** Number of accepted configurations since the start, 1 = the first. */
  readonly revision: number;
  /** SHA-256 of the file and its includes after blanking of secrets, hex, first 12 digits. */
  readonly digest: string;
  readonly loadedAtMs: number;
  /**
   * `last-good`: the file was bad at start and the stored copy of the last accepted one runs. `history`: an earlier one
   * was taken back and runs until the next reload or start.
   */
  readonly source: 'file' | 'last-good' | 'history';
  readonly lastReload: ReloadStatus | null;
  readonly reloads: { readonly accepted: number; readonly refused: number };
}

export interface ReloadStatus {
  readonly atMs: number;
  readonly ok: boolean;
  /** One line: what changed, or why it was refused. */
  readonly message: string;
}

export interface PlanSummary {
  readonly atMs: number;
  /** What asked for it: "reload", "verdict", "resync", ... */
  readonly trigger: string;
  readonly steps: number;
  readonly failed: number;
  readonly durationMs: number;
}

export type ServiceHealth = 'ok' | 'degraded' | 'down' | 'error';

export interface ServiceStatus {
  readonly name: string;
  readonly key: ServiceKey;
  readonly protocol: Protocol;
  /** `192.0.2.10:80`, `fwmark 7`, `192.0.2.20:5060-5070`, several separated by ", ". */
  readonly address: string;
  readonly scheduler: string;
  readonly schedulerFlags: readonly string[];
  readonly forwarding: ForwardingMethod;
  readonly persistenceSec: number | null;
  /** `ok`: all configured servers serve; `degraded`: some; `down`: none; `error`: a step or the scheduler module failed. */
  readonly health: ServiceHealth;
  /** For people; empty when ok. */
  readonly reason: string;
  /** null until the service has been planned. */
  readonly serving: ServingStatus | null;
  readonly servedAsNat: string | null;
  /** Failed steps, then faults of the scheduler module; at most ten, then a line that counts the rest. */
  readonly errors: readonly string[];
  readonly connections: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** null where the plane counts no packets. */
  readonly packetsIn: number | null;
  readonly packetsOut: number | null;
  /** The plane's own; null where it keeps none. */
  readonly rates: PlaneRates | null;
  readonly refused: number;
  readonly retries: number;
  readonly servers: readonly ServerStatus[];
}

/** Who serves the service, and how near that is to changing. */
export interface ServingStatus {
  readonly tier: ServingTier;
  /** For people; empty while healthy servers serve with quorum. */
  readonly reason: string;
  /** Weights of the healthy servers together, without the backup pool's. */
  readonly healthyWeight: number;
  /** What they have to be together at the moment. */
  readonly quorum: number;
  readonly quorate: boolean;
}

/** `backup`: of the backup pool; `sorry`: the sorry server. Both are in the table only while they serve. */
export type ServerRole = 'server' | 'backup' | 'sorry';

export interface SeenRoleStatus extends SeenRole {
  /** Since when it says so. */
  readonly sinceMs: number;
  /** The last probe said so, too. */
  readonly confirmed: boolean;
}

export interface ServerStatus {
  readonly name: string;
  readonly key: ServerKey;
  readonly role: ServerRole;
  /** It failed, and the panic threshold keeps it in. */
  readonly panic: boolean;
  readonly forwarding: ForwardingMethod;
  readonly configuredWeight: number;
  /** Weight in the table; null when the server is not in it. */
  readonly weight: number | null;
  /** The weight that it ought to have now, by load, agent and slow start; null when it is to be out of the table. */
  readonly effectiveWeight: number | null;
  /** What its checks say of its load; null when nothing. */
  readonly load: Load | null;
  /** What its agent says; null when none is asked or none has spoken yet. */
  readonly agent: AgentReport | null;
  /** It came back a while ago and gets this share of its weight, 0..1; null when it has all of it. */
  readonly slowStart: number | null;
  /** Why it is not as configured; empty when it is. */
  readonly reason: string;
  readonly verdict: VerdictState;
  readonly verdictReason: string;
  readonly verdictSinceMs: number;
  readonly checkedAtMs: number | null;
  /** What it says of its part among those that hold the same data; absent where nothing was said. */
  readonly seenRole?: SeenRoleStatus;
  /** Operator's weight, null when none. */
  readonly weightOverride: number | null;
  /** It drains, or is out since it has drained; null when it does neither. */
  readonly drain: DrainStatus | null;
  /** An operator's standing order; null when there is none. */
  readonly maintenance: MaintenanceOrder | null;
  readonly activeConnections: number;
  readonly inactiveConnections: number;
  /** Templates of clients that stick to it; null where the plane does not tell. */
  readonly stickyClients: number | null;
  readonly overloaded: boolean | null;
  readonly connections: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** null where the plane counts no packets, and when it knows the server no more. */
  readonly packetsIn: number | null;
  readonly packetsOut: number | null;
  /** As of the service. */
  readonly rates: PlaneRates | null;
  readonly refused: number;
}
