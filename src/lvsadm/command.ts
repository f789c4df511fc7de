/** What a command line asks for, as data. */
import type { IpvsRequest, IpvsServiceKey } from '../../native/ipvs/types.js';

export type ListFormat = 'plain' | 'stats' | 'rate' | 'thresholds' | 'persistent-conn' | 'tun-info';

/** The services with their servers. */
export interface ListServices {
  readonly kind: 'list-services';
  /** Only this one, or null for all. */
  readonly service: IpvsServiceKey | null;
  readonly format: ListFormat;
  readonly numeric: boolean;
  readonly exact: boolean;
  readonly sorted: boolean;
  readonly json: boolean;
}

export interface ListConnections {
  readonly kind: 'list-connections';
  readonly numeric: boolean;
  /** Whether persistence engines and their data are shown. */
  readonly engines: boolean;
  readonly json: boolean;
}

export interface ListSettings {
  readonly kind: 'list-timeouts' | 'list-daemons';
  readonly json: boolean;
}

export interface Save {
  readonly kind: 'save';
  readonly numeric: boolean;
  /** Also what the stock tool loses: timeouts, sync daemons, thresholds. */
  readonly full: boolean;
  /** Whether services that an lvsd has for its probes are left out. */
  readonly withoutProbes: boolean;
}

export interface Restore {
  readonly kind: 'restore';
  /** Whether every line is checked before the first is run. */
  readonly checkFirst: boolean;
}

/** A command that reads, of the table of an lvsd that runs in the place of the kernel's. */
export interface OfUserspace {
  readonly kind: 'userspace';
  readonly command: ListServices | ListConnections | ListSettings | Save;
}

export interface Change {
  readonly kind: 'change';
  readonly request: IpvsRequest;
}

export interface Help {
  readonly kind: 'help';
}

export interface Version {
  readonly kind: 'version';
}

export type Command =
  Change | ListServices | ListConnections | ListSettings | Save | OfUserspace | Restore | Help | Version;
