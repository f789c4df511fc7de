/** What the admin API asks of the director. The daemon implements it; nothing here knows how. */
import type { DirectorEvent } from '../model/event.js';
import type { Snapshot } from '../model/snapshot.js';
import type { CheckResultAnswer, CheckResultRequest } from './check-result-protocol.js';
import type { HaOrderAnswer, HaOrderRequest } from './ha-protocol.js';
import type { NoticeTestAnswer, NoticeTestRequest } from './notice-protocol.js';
import type {
  DrainRequest,
  DrainsAnswer,
  MaintenanceRequest,
  OrderAnswer,
  ServerRequest,
} from './drain-protocol.js';
import type {
  ConnectionLine,
  EventsAnswer,
  HistoryAnswer,
  HistoryText,
  PlanAnswer,
  Readiness,
  ReloadAnswer,
  ReloadRequest,
  RollbackRequest,
  TableAnswer,
  WeightAnswer,
  WeightRequest,
} from './protocol.js';

/** The process at the other end of a unix socket, as the kernel vouches for it. */
export interface Peer {
  readonly uid: number;
  readonly gid: number;
  readonly pid: number;
}

/** The kept events, for readers that each hold their own place in them. */
export interface EventSource {
  /** `seq` of the newest event; 0 before the first. */
  lastSeq(): number;
  /** The oldest kept events with a `seq` above `after`, at most `limit`; never waits. */
  since(after: number, limit: number): EventsAnswer;
  /** Calls `wake` after each new event until the returned function is called. */
  subscribe(wake: (event: DirectorEvent) => void): () => void;
}

/** Which connections; both by name, absent = all. */
export interface ConnectionNames {
  readonly service?: string;
  /** A server's name, `address:port` or address. */
  readonly server?: string;
}

/**
 * The director as the API sees it.
 *
 * What the asker did wrong (unknown service, refused file) is thrown as ApiError with a 4xx status; any other
 * error is answered with 5xx and logged. An iterable that fails before its first element is answered so too.
 */
export interface ApiOperations {
  readonly events: EventSource;
  status(): Promise<Snapshot>;
  readiness(): Readiness;
  /** Prometheus text format 0.0.4 in chunks of some kilobytes, none of which takes long to make. */
  metrics(): AsyncIterable<string>;
  plan(): Promise<PlanAnswer>;
  /** Lets the loop turn, also while it passes over what the filter does not want. */
  connections(filter: ConnectionNames): AsyncIterable<ConnectionLine>;
  /** The userspace plane's table as it is. */
  table(): Promise<TableAnswer>;
  /** @param who the asker; null where the system does not tell */
  reload(request: ReloadRequest, who: Peer | null): Promise<ReloadAnswer>;
  history(): Promise<HistoryAnswer>;
  historyEntry(number: number): Promise<HistoryText>;
  /** @param who the asker; null where the system does not tell */
  rollback(request: RollbackRequest, who: Peer | null): Promise<ReloadAnswer>;
  /** @param who the asker; null where the system does not tell */
  setWeight(request: WeightRequest, who: Peer | null): Promise<WeightAnswer>;
  /** For the checks of type `external`. */
  tellResult(request: CheckResultRequest): Promise<CheckResultAnswer>;
  /** One attempt; @param who the asker; null where the system does not tell */
  testNotice(request: NoticeTestRequest, who: Peer | null): Promise<NoticeTestAnswer>;
  /** Waits until the instances have moved, or stay; @param who the asker; null where the system does not tell */
  orderInstances(request: HaOrderRequest, who: Peer | null): Promise<HaOrderAnswer>;
  /** Servers with orders, and those that leave. */
  drains(): Promise<DrainsAnswer>;
  /** @param who the asker; null where the system does not tell */
  drain(request: DrainRequest, who: Peer | null): Promise<OrderAnswer>;
  /** @param who the asker; null where the system does not tell */
  undrain(request: ServerRequest, who: Peer | null): Promise<OrderAnswer>;
  /** @param who the asker; null where the system does not tell */
  setMaintenance(request: MaintenanceRequest, who: Peer | null): Promise<OrderAnswer>;
}
