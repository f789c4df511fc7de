/**
 * The one interface that every data plane satisfies: the kernel's IPVS table, the userspace proxy, and the
 * fake of the tests. A plane executes steps and reports what is there; it decides nothing.
 */
import { DirectorError, type DirectorErrorOptions } from '../base/errors.js';
import type { Family } from '../base/ip.js';
import type { TableServer, TableService } from '../model/desired-state.js';
import type { ServerKey, ServiceKey } from '../model/keys.js';
import type { PlaneRates } from '../model/rates.js';
import type { Protocol } from '../model/virtual-service.js';

/** Counters since the entry was made. An edit in place keeps them. */
export interface TrafficCounters {
  /** Connections (UDP: sessions) scheduled. */
  readonly connections: number;
  /** Bytes from clients. */
  readonly bytesIn: number;
  /** Bytes to clients. */
  readonly bytesOut: number;
  /** Packets from clients and to them; absent on planes that see bytes only. */
  readonly packetsIn?: number;
  readonly packetsOut?: number;
}

export interface ServerCounters extends TrafficCounters {
  /** Connect attempts that the server refused or that timed out; 0 on planes that cannot see them. */
  readonly refused: number;
}

export interface ServiceCounters extends TrafficCounters {
  /** Clients turned away because no server could take them. */
  readonly refused: number;
  /** Connects repeated on another server. */
  readonly retries: number;
  /** Retries that wlc answered because a hashing scheduler had no answer; userspace plane only. */
  readonly fallbacks?: number;
}

export interface ObservedServer extends TableServer {
  readonly activeConnections: number;
  readonly inactiveConnections: number;
  /** null where the plane does not tell. */
  readonly overloaded: boolean | null;
  /** Templates of persistent clients that lead to it; absent where the plane does not tell. */
  readonly persistentConnections?: number;
  readonly counters: ServerCounters;
  /** Absent where the plane keeps none. */
  readonly rates?: PlaneRates;
}

export interface ObservedService extends TableService {
  /** By server key, in the plane's own order. */
  readonly servers: ReadonlyMap<ServerKey, ObservedServer>;
  /** No longer in the table, but something still counts on them: their connections live on. Absent where the plane cannot tell. */
  readonly removed?: ReadonlyMap<ServerKey, ObservedServer>;
  readonly counters: ServiceCounters;
  /** Absent where the plane keeps none. */
  readonly rates?: PlaneRates;
  /** What its custom scheduler did wrong so far, one line each; absent when nothing. */
  readonly faults?: readonly string[];
}

export type ObservedTable = ReadonlyMap<ServiceKey, ObservedService>;

/** One edited field, for people and for tests: `scheduler: wlc -> rr`. */
export interface FieldChange {
  readonly field: string;
  readonly from: string;
  readonly to: string;
}

/** Order in which the steps of one service run: a service is never empty in between. */
export type Phase = 1 | 2 | 3 | 4;

/**
 * One change of the table. Every step is idempotent: adding what is there sets it, deleting what is gone
 * succeeds. An edit keeps connections and counters.
 */
export type Step =
  | { readonly kind: 'create-service'; readonly phase: 1; readonly service: TableService }
  | {
      readonly kind: 'edit-service';
      readonly phase: 1;
      readonly service: TableService;
      readonly changes: readonly FieldChange[];
    }
  | {
      readonly kind: 'add-server';
      readonly phase: 2;
      readonly service: TableService;
      readonly server: TableServer;
    }
  | {
      readonly kind: 'edit-server';
      /**
       * 3 for one that goes: it keeps its weight until what comes in its stead is there. 1 where two must not take
       * connections at one time.
       */
      readonly phase: 1 | 2 | 3;
      readonly service: TableService;
      readonly server: TableServer;
      readonly changes: readonly FieldChange[];
      /** Connections (active + inactive) at plan time that the edit touches; none is dropped. */
      readonly liveConnections: number;
      /** Set when this begins the drain of a server that is not in the file. Planes need not know. */
      readonly drain?: { readonly deadlineMs: number | null };
    }
  | {
      readonly kind: 'delete-server';
      /**
       * 1 when the server would turn clients away under the scheduler that the same plan sets, and where two must not take
       * connections at one time.
       */
      readonly phase: 1 | 3;
      readonly service: TableService;
      readonly server: TableServer;
      readonly liveConnections: number;
      /**
       * The server was given time, or must not take writes beside another one: what is left on it ends, also on a plane
       * where connections could live on, and whatever its service's lost flows are to do.
       */
      readonly endsConnections?: true;
    }
  | {
      readonly kind: 'delete-service';
      /** 1 when the service moves to another plane, where the same plan creates it. */
      readonly phase: 1 | 4;
      readonly service: TableService;
      readonly liveConnections: number;
    };

/** Steps beside the table, see `address-table.ts`. */
export type AddressStepKind = 'add-address' | 'delete-address';

/** Why one step failed; the plane's own error is the cause. */
export class StepError extends DirectorError<{
  readonly step: Step['kind'] | AddressStepKind;
  readonly service: string;
  readonly server: string | null;
}> {
  /** The step's error with the usual message: `add server 10.0.0.3:80 of tcp:192.0.2.1:80: <reason>`. */
  static of(
    step: Step,
    reason: string,
    options: Pick<DirectorErrorOptions<object>, 'code' | 'retryable' | 'cause'>,
  ): StepError {
    const service = step.service.key;
    const server = 'server' in step ? step.server.key : null;
    const subject = server === null ? service : `${server} of ${service}`;
    return new StepError(`${step.kind.replace('-', ' ')} ${subject}: ${reason}`, {
      ...options,
      details: { step: step.kind, service, server },
    });
  }
}

/** Outcome of one step, by value: one failing step must not hide the others. */
export type StepResult = { readonly ok: true } | { readonly ok: false; readonly error: StepError };

/** One connection or UDP session (not a template). */
export interface ConnectionRecord {
  readonly service: ServiceKey;
  readonly server: ServerKey;
  readonly protocol: Protocol;
  readonly family: Family;
  /** `address:port`. */
  readonly client: string;
  /** The virtual address and port that the client addressed. */
  readonly virtual: string;
  /** The plane's own word: `CONNECTING`, `ESTABLISHED`, `FIN_WAIT`, `UDP`, ... */
  readonly state: string;
  /** null where the plane does not tell; the kernel counts by server and keeps no start. */
  readonly bytesIn: number | null;
  readonly bytesOut: number | null;
  readonly ageMs: number | null;
  /** Until it is ended or forgotten if nobody speaks; absent where nothing ends it, and where the plane does not tell. */
  readonly expiresMs?: number;
}

export interface ConnectionFilter {
  readonly service?: ServiceKey;
  readonly server?: ServerKey;
}

export interface Dataplane {
  readonly kind: 'kernel' | 'proxy' | 'composite' | 'fake';

  /**
   * Lists the whole table, or the services named.
   *
   * A service that is not there is absent from the answer. The answer is a copy: it does not change later.
   * @throws DirectorError when the table cannot be read; never a partial table
   */
  observe(keys?: ReadonlySet<ServiceKey>): Promise<ObservedTable>;

  /**
   * Runs steps of one phase, of any number of services; the result of step i is element i.
   *
   * All steps are attempted. Never rejects for the failure of a step.
   */
  apply(steps: readonly Step[]): Promise<readonly StepResult[]>;

  /** Live connections, streamed: a million of them need neither as many objects at once nor the loop for long. */
  connections(filter: ConnectionFilter): AsyncIterable<ConnectionRecord>;

  /** Ends the plane. Idempotent and awaited. The kernel's table stays; a userspace plane's connections end. */
  close(): Promise<void>;
}
