/** The director's own settings and the whole configuration as the controller takes it. */
import type { HaSettings } from './ha.js';
import type { NoticeSettings } from './notice.js';
import type { DriftPolicy, VirtualService } from './virtual-service.js';

export interface DirectorSettings {
  readonly name: string;
  readonly dataplane: 'kernel' | 'proxy' | 'auto';
  /** Absolute path of the control socket; null = the user's default. */
  readonly adminSocket: string | null;
  /** `address:port` of the read-only listener; null = none. */
  readonly adminListen: { readonly address: string; readonly port: number } | null;
  /** null = the user's default. */
  readonly stateDir: string | null;
  /** Seconds; null = leave the plane's default. */
  readonly timeouts: {
    readonly tcpSec: number | null;
    readonly tcpFinSec: number | null;
    readonly udpSec: number | null;
  };
  readonly onStop: 'keep' | 'remove';
  readonly unmanaged: 'keep' | 'remove';
  readonly drift: DriftPolicy;
  readonly resyncMs: number;
  /** Share of what lvsd owns that one change of the file may remove, 0..1. */
  readonly shrinkGuard: number;
  readonly sysctls: 'check' | 'set';
  readonly lostFlows: 'drop' | 'reset';
  readonly marks: { readonly base: number; readonly size: number };
  /** Services for probes of the true path: so many at once, at least 1. */
  readonly probe: { readonly max: number };
  readonly history: number;
  /** Limits of all health probes together. */
  readonly health: {
    /** At once, at least 1. */
    readonly maxProbes: number;
    /** A second, at least 1. */
    readonly maxRate: number;
  };
  readonly proxy: { readonly engine: 'auto' | 'net' };
}

/** A validated configuration in the domain's terms. */
export interface Model {
  readonly director: DirectorSettings;
  /** In the order of the file; names and keys are unique. */
  readonly services: readonly VirtualService[];
  /** In the order of the file; names are unique. */
  readonly notices: readonly NoticeSettings[];
  /** null = the director stands alone. */
  readonly ha: HaSettings | null;
}
