/** What ought to be in the data plane's table, computed from file, verdicts and operator; no effect, no I/O. */
import type { ServerKey, ServiceKey } from './keys.js';
import type { RealServer } from './real-server.js';
import type { Serving } from './serving.js';
import type { ServiceAddress, ServicePlane, ServiceSettings } from './virtual-service.js';

/** A server as it ought to stand in the table: `weight` is the effective weight. */
export type TableServer = RealServer;

/** A service as it ought to stand in the table. */
export interface TableService {
  readonly key: ServiceKey;
  readonly name: string;
  readonly address: ServiceAddress;
  readonly settings: ServiceSettings;
  /** Which of two planes serves it; absent where the director has one plane only. */
  readonly plane?: ServicePlane;
}

/** Why a configured server serves, or does not, and with which weight. */
export interface ServerDecision {
  readonly server: ServerKey;
  /** The server's name in the file, for messages about a server that is not in the table. */
  readonly name: string;
  /** In the table (perhaps with weight 0). */
  readonly present: boolean;
  /** Weight in the table; 0 when absent. */
  readonly weight: number;
  /** For people: "check failed: connect: ECONNREFUSED", "weight 5 set by operator"; empty when as configured. */
  readonly reason: string;
  /** Its weight follows what its agent or its checks say, or rises by time: that it changes is nothing to tell. */
  readonly weighed?: true;
  /** It has come back and gets this share of its weight, 0..1. */
  readonly slowStart?: number;
  /** It is out since nothing is known of it yet, and nothing ever was. */
  readonly unseen?: true;
  /** It failed, and the panic threshold keeps it in. */
  readonly panic?: true;
  /** An operator's order took it out; it was given time, so what is left on it may end. */
  readonly drained?: true;
  /** It is out for its role alone, as it ought to be. */
  readonly otherRole?: true;
}

export interface DesiredService extends TableService {
  /** In the order of the file, those of the backup pool after the others, the sorry server last. */
  readonly servers: readonly TableServer[];
  /** One for each configured server, in the same order. */
  readonly decisions: readonly ServerDecision[];
  /** Set when a dr or tun service is served as nat by `fallback: proxy`; says why. */
  readonly servedAsNat: string | null;
  /** Who serves, and why. */
  readonly serving: Serving;
  /** At most one of its servers may take connections at a time: who stops comes before who begins. */
  readonly exclusive?: true;
}

export type DesiredState = ReadonlyMap<ServiceKey, DesiredService>;
