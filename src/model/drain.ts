/** Servers that leave a service without cutting anybody off: who asked for it, until when, and how it ended. */

/** What a service does with clients that stick to a server which leaves. */
export interface DrainPolicy {
  /** How long a server that left the file may keep its connections, ms; 0 = deleted at once. */
  readonly timeoutMs: number;
  /** `keep`: persistent clients may come back until the end; `expire`: they are moved at once. */
  readonly templates: 'keep' | 'expire';
}

/** An order that takes a server out of service. */
export interface ServerOrder {
  /** Who gave it, for people. */
  readonly by: string;
  /** Wall clock, ms since the epoch. */
  readonly sinceMs: number;
}

/** Holds until it is taken back, whatever checks, file and restarts do. */
export interface MaintenanceOrder extends ServerOrder {
  /** The operator's own words; empty when there are none. */
  readonly reason: string;
}

/** A drain's time. */
export interface DrainTime {
  /** Wall clock, ms since the epoch. */
  readonly sinceMs: number;
  /** Wall clock at which the server is deleted, whatever is left on it; null = it waits for its last connection. */
  readonly deadlineMs: number | null;
}

/** `gone`: it was not in the table (any more). */
export type DrainEndCause = 'idle' | 'deadline' | 'gone';

export interface DrainEnd {
  readonly cause: DrainEndCause;
  /** Wall clock, ms since the epoch. */
  readonly atMs: number;
  /** Connections that were open when the server was deleted. */
  readonly connectionsCut: number;
}

/** A server is to leave; it stays out until the order is taken back or the server leaves the file. */
export interface DrainOrder extends ServerOrder, DrainTime {
  /** One that maintenance began ends with the maintenance. */
  readonly purpose: 'drain' | 'maintenance';
  /** null while the server is still in the table with weight 0. */
  readonly end: DrainEnd | null;
}

/** A server that is in the table and not in the file. */
export interface LeavingServer extends DrainTime {
  /** By which the file knew it; its key where no file did. */
  readonly name: string;
  /** `stranger`: it was there before lvsd took the service over; it is left its last connection. */
  readonly origin: 'file' | 'stranger';
}

/** What is left on a server that drains. */
export interface DrainCounts {
  readonly active: number;
  readonly inactive: number;
  /** Templates of persistent clients, who may come back. */
  readonly sticky: number;
}

/** A drain as every face shows it. */
export interface DrainStatus extends DrainTime {
  readonly origin: 'operator' | 'maintenance' | 'file' | 'stranger';
  /** Who ordered it; null when nobody did. */
  readonly by: string | null;
  /** null while it is under way. */
  readonly end: DrainEnd | null;
}
