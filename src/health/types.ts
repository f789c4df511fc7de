/** The seams of health checking: what a checker is, and who hears of its probes. */
import type { HealthCheck } from '../model/health-check.js';
import type { RealServer } from '../model/real-server.js';

/** What one probe found. A failed probe is a value, never an exception. */
export type ProbeResult =
  /** `detail` for people: "connected", "status 200". */
  | { readonly ok: true; readonly detail: string }
  /** `reason` for people: "connect 10.0.0.1:80: ECONNREFUSED". Holds no secret and no query string. */
  | { readonly ok: false; readonly reason: string };

/** Looks at one server once. Knows nothing of intervals, timeouts or counting. */
export interface Checker {
  /**
   * Probes once.
   *
   * Settles promptly, with every descriptor closed, once `signal` aborts; the abort's reason is an Error whose
   * message ("timeout after 1s") belongs into the failure. Never called again before it has settled.
   */
  probe(signal: AbortSignal): Promise<ProbeResult>;
}

/** A check that has something to do. */
export type ActiveCheck = Exclude<HealthCheck, { readonly type: 'none' }>;

/** Builds the checker of one server. Must not open anything: `probe` does. */
export type MakeChecker = (check: ActiveCheck, server: RealServer) => Checker;

/** How one probe ended: `timeout` is a failure that the runner's clock decided. */
export type ProbeOutcome = 'success' | 'failure' | 'timeout';

/** Hears of every finished probe; for metrics. Names are those of the file. */
export interface ProbeObserver {
  probed(service: string, server: string, outcome: ProbeOutcome, durationMs: number): void;
  /** The server is no longer probed under this name: it left the file, was renamed, or has no check. */
  forgotten(service: string, server: string): void;
}
