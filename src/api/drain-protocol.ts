/** Shapes of the part of the admin API that takes servers out of service and back. */
import type { DrainCounts, DrainStatus, MaintenanceOrder } from '../model/drain.js';
import type { ServerKey, ServiceKey } from '../model/keys.js';

/** Which servers are meant. */
export interface ServerRequest {
  /** Service name; absent = every service that has the server. */
  readonly service?: string;
  /** A server's name, `address:port` or address. */
  readonly server: string;
  /** True only lists what would change. */
  readonly dryRun: boolean;
}

export interface DrainRequest extends ServerRequest {
  /** Milliseconds until what is left is cut off; null = never; absent = the service's `drain.timeout`. */
  readonly timeoutMs?: number | null;
}

export interface MaintenanceRequest extends ServerRequest {
  readonly on: boolean;
  /** The asker's own words, for who finds the server out. */
  readonly reason?: string;
}

/** A server and the orders about it. */
export interface OrderLine {
  /** Service name; its key where the file does not know it any more. */
  readonly service: string;
  readonly serviceKey: ServiceKey;
  /** Server name; its key where the file does not know it any more. */
  readonly server: string;
  readonly serverKey: ServerKey;
  /** The server is in the file. */
  readonly configured: boolean;
  /** It drains, or is out since it has drained; null when it does neither. */
  readonly drain: DrainStatus | null;
  readonly maintenance: MaintenanceOrder | null;
  /** What was left at the last look, at most some seconds ago; null when nobody has looked, and when the drain is over. */
  readonly left: DrainCounts | null;
  /** Why it takes no new connections though nobody has ordered that; absent where it takes them, or is under an order. */
  readonly idle?: string;
}

/** What an order did, or with `dryRun` would do. */
export interface OrderedLine extends OrderLine {
  /** False where the server was so before. */
  readonly changed: boolean;
}

export interface OrderAnswer {
  readonly servers: readonly OrderedLine[];
  /** What the asker ought to know, one line each. */
  readonly warnings: readonly string[];
}

export interface DrainsAnswer {
  /** Those that drain or have been drained, those in maintenance, and those that left the file and still have connections. */
  readonly servers: readonly OrderLine[];
}
