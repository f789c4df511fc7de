/** Messages between a test and the traffic processes, over node's IPC. */

/** The servers process tells where it listens. */
export interface ServersReady {
  readonly kind: 'servers-ready';
  /** TCP ports, one a server. The UDP server of the same index has the port of `udpPorts`. */
  readonly tcpPorts: readonly number[];
  readonly udpPorts: readonly number[];
}

/** Anything that must not happen: a byte out of place, an end nobody asked for, a datagram of another server. */
export interface TrafficFault {
  readonly kind: 'fault';
  readonly what: string;
}

/** Asked for by the test, answered by the clients process. */
export interface TrafficReport {
  readonly kind: 'report';
  /** Connections that are alive and verified at least one byte. */
  readonly alive: number;
  /** Of these, opened at least `olderThan` reloads ago. */
  readonly old: number;
  readonly opened: number;
  readonly finished: number;
  readonly bytesVerified: number;
  readonly datagramsVerified: number;
}

export type ToTest = ServersReady | TrafficFault | TrafficReport;

export type ToClients =
  | {
      readonly kind: 'start';
      readonly tcpPort: number;
      readonly udpPort: number;
      readonly connectionsPerSecond: number;
      readonly udpSessions: number;
      readonly seed: number;
    }
  /** A reload was applied: connections get one reload older. */
  | { readonly kind: 'reloaded' }
  | { readonly kind: 'report'; readonly olderThan: number }
  /** No new connections; those alive end in order. A report follows when all are gone. */
  | { readonly kind: 'finish' };
