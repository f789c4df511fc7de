/**
 * Shapes of the admin API, version 1, shared by server and client. JSON over HTTP/1.1: on the unix socket
 * everything, on TCP the GETs marked so and nothing else.
 *
 * | method, path                | on TCP | answers |
 * | --- | --- | --- |
 * | GET /healthz                | yes | 200 while the loop turns |
 * | GET /readyz                 | yes | 200 or 503 with `Readiness` |
 * | GET /metrics                | yes | Prometheus text format 0.0.4 |
 * | GET /api/v1/status          | yes | `Snapshot` |
 * | GET /api/v1/events          | yes | `EventsAnswer`; `?after=SEQ`, `?limit=N`; `?follow=1` streams `DirectorEvent` as JSON lines |
 * | GET /api/v1/plan            | no  | `PlanAnswer`: the file as it is now against the table as observed now |
 * | GET /api/v1/connections     | no  | `ConnectionLine` as JSON lines; `?service=NAME`, `?server=NAME` |
 * | GET /api/v1/table           | no  | `TableAnswer`: what the userspace plane has |
 * | GET /api/v1/history         | no  | `HistoryAnswer` |
 * | GET /api/v1/history/entry   | no  | `HistoryText`; `?number=N` |
 * | POST /api/v1/rollback       | no  | `RollbackRequest` -> `ReloadAnswer` |
 * | POST /api/v1/reload         | no  | `ReloadRequest` -> `ReloadAnswer` |
 * | POST /api/v1/weight         | no  | `WeightRequest` -> `WeightAnswer` |
 * | POST /api/v1/check-result   | no  | `CheckResultRequest` -> `CheckResultAnswer`, of check-result-protocol.ts |
 * | POST /api/v1/notice-test    | no  | `NoticeTestRequest` -> `NoticeTestAnswer`, of notice-protocol.ts |
 * | POST /api/v1/ha-order       | no  | `HaOrderRequest` -> `HaOrderAnswer`, of ha-protocol.ts |
 * | GET /api/v1/drains          | no  | `DrainsAnswer`, of drain-protocol.ts as the following |
 * | POST /api/v1/drain          | no  | `DrainRequest` -> `OrderAnswer` |
 * | POST /api/v1/undrain        | no  | `ServerRequest` -> `OrderAnswer` |
 * | POST /api/v1/maintenance    | no  | `MaintenanceRequest` -> `OrderAnswer` |
 *
 * Every refusal has a 4xx or 5xx status and an `ErrorAnswer`.
 */
import type { PlannedStep } from '../dataplane/address-table.js';
import type { ConnectionRecord, ObservedServer, ObservedService } from '../dataplane/types.js';
import type { DirectorEvent } from '../model/event.js';
import type { ServerKey, ServiceKey } from '../model/keys.js';

export type * from './drain-protocol.js';
export type * from './ha-protocol.js';

export interface Readiness {
  readonly ready: boolean;
  readonly reasons: readonly string[];
}

export interface EventsAnswer {
  readonly events: readonly DirectorEvent[];
  /** Number of events no longer kept that `after` would have included. */
  readonly missed: number;
}

/** A step as people and scripts read it. */
export interface PlanStep {
  readonly kind: string;
  readonly phase: PlannedStep['phase'];
  /** Service name. */
  readonly service: string;
  /** Server name, or null for a step about the service. */
  readonly server: string | null;
  /** "wrr, nat" or "weight 1 -> 3". */
  readonly detail: string;
  /** Connections that the step touches (a deletion lets them drain on the userspace plane). */
  readonly liveConnections: number;
  /** Of a service that lvsd has for its probes (`path: vip`). */
  readonly probe?: true;
}

export interface PlanAnswer {
  readonly file: string;
  readonly steps: readonly PlanStep[];
  /** What a reload without `--force` would be refused for: the shrink guard, connections that would drop; or null. */
  readonly refusedWithoutForce: string | null;
  readonly warnings: readonly string[];
}

/** One connection or UDP session, under the names of the file; what the file does not know any more is named by its key. */
export interface ConnectionLine extends Omit<ConnectionRecord, 'service' | 'server'> {
  /** Service name. */
  readonly service: string;
  readonly serviceKey: ServiceKey;
  /** Server name. */
  readonly server: string;
  readonly serverKey: ServerKey;
}

/** The userspace plane's table, under the plane's own words. */
export interface TableAnswer {
  /** Of lvsd. */
  readonly version: string;
  /** In force; `tcpSec` is null without a limit. */
  readonly timeouts: { readonly tcpSec: number | null; readonly tcpFinSec: number; readonly udpSec: number };
  readonly services: readonly TableEntry[];
}

export interface TableEntry extends Omit<ObservedService, 'servers' | 'removed' | 'plane'> {
  /** In the plane's order, newest first. */
  readonly servers: readonly ObservedServer[];
}

export interface ReloadRequest {
  /** Overrides the shrink guard, never a validation error. */
  readonly force: boolean;
}

export interface ReloadAnswer {
  readonly ok: true;
  readonly revision: number;
  readonly steps: readonly PlanStep[];
  /** What changed beside the table, one line each: `notice syslog added`. */
  readonly changes: readonly string[];
  /** Steps that failed, one line each; empty when all went well. */
  readonly failures: readonly string[];
  readonly warnings: readonly string[];
}

/** A configuration that was applied. */
export interface HistoryLine {
  /** Rises by 1; never given twice. */
  readonly number: number;
  /** Wall clock, ms since the epoch. */
  readonly appliedAtMs: number;
  /** `uid 0`, `SIGHUP`, `start`. */
  readonly by: string;
  /** `start`, `reload`, `apply`, `rollback to 3`. */
  readonly why: string;
  /** What changed in the table. */
  readonly summary: string;
  readonly digest: string;
}

export interface HistoryAnswer {
  /** Oldest first. */
  readonly entries: readonly HistoryLine[];
  /** Entries that cannot be read, one line each. */
  readonly warnings: readonly string[];
}

export interface HistoryText extends HistoryLine {
  /** Raw text, the configuration file first; variables as written, so without secrets. */
  readonly files: readonly { readonly path: string; readonly text: string }[];
}

export interface RollbackRequest {
  /** Of the history. */
  readonly number: number;
  /** Overrides the shrink guard, never a validation error. */
  readonly force: boolean;
}

export interface WeightRequest {
  /** Service name; absent = every service that has the server. */
  readonly service?: string;
  /** A server's name, `address:port` or address. */
  readonly server: string;
  /** 0..65535; null returns to the file's weight. */
  readonly weight: number | null;
  /** True only lists what would change. */
  readonly dryRun: boolean;
}

export interface WeightAnswer {
  readonly changed: readonly {
    readonly service: string;
    readonly server: string;
    readonly from: number;
    readonly to: number;
  }[];
}

export interface ErrorAnswer {
  readonly error: {
    readonly code: string;
    readonly message: string;
    /** Whole report where there is one (all problems of a configuration), ready to print. */
    readonly report?: string;
  };
}
