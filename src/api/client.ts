/** The admin API as its callers see it: one method a call, typed, over the control socket. */
import type { Clock } from '../base/clock.js';
import type { DirectorEvent } from '../model/event.js';
import type { Snapshot } from '../model/snapshot.js';
import {
  isErrorAnswer,
  openAnswer,
  parseAnswer,
  readJson,
  readText,
  refusalFrom,
  type ApiCall,
  type SocketTarget,
} from './client-transport.js';
import type {
  DrainRequest,
  DrainsAnswer,
  MaintenanceRequest,
  OrderAnswer,
  ServerRequest,
} from './drain-protocol.js';
import { ENDPOINTS, type Endpoint } from './endpoints.js';
import { splitLines } from './json-lines.js';
import type { HaOrderAnswer, HaOrderRequest } from './ha-protocol.js';
import type { NoticeTestAnswer, NoticeTestRequest } from './notice-protocol.js';
import type { ConnectionNames } from './operations.js';
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

export interface ApiClientOptions {
  readonly clock: Clock;
  /** The caller's effective user id. */
  readonly uid: number;
  /** How the caller lets people name another socket; `--socket` unless told. */
  readonly socketName?: string;
  /** For calls that only read; 10 s unless told. */
  readonly timeoutMs?: number;
  /** For plan, reload, weight and drains, which wait for the data plane; 2 minutes unless told. */
  readonly longTimeoutMs?: number;
}

/** What every call takes. */
export interface CallOptions {
  /** Ends the call with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Where in the events to begin; without `after` with the newest `limit` (the server's default is 100). */
export interface EventsPlace {
  readonly after?: number;
  readonly limit?: number;
}

type Query = Readonly<Record<string, string | number | undefined>>;

const DEFAULT_TIMEOUT_MS = 10_000;
const DEFAULT_LONG_TIMEOUT_MS = 120_000;

/**
 * Talks to the lvsd that answers on a socket. Holds no connection between calls.
 *
 * Every call throws ApiError: with the server's own code, message and report when lvsd refuses, else
 * ERR_API_NO_DAEMON, ERR_API_SOCKET_OWNER, ERR_API_SOCKET_ACCESS, ERR_API_TIMEOUT, ERR_API_INTERRUPTED or
 * ERR_API_ANSWER. An aborted call throws the signal's reason.
 */
export class ApiClient {
  readonly #target: SocketTarget;
  readonly #timeoutMs: number;
  readonly #longTimeoutMs: number;

  constructor(socketPath: string, options: ApiClientOptions) {
    const { uid, clock, socketName = '--socket' } = options;
    this.#target = { path: socketPath, uid, clock, socketName };
    this.#timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.#longTimeoutMs = options.longTimeoutMs ?? DEFAULT_LONG_TIMEOUT_MS;
  }

  /** Resolves when the daemon's loop turns. */
  async health(options: CallOptions = {}): Promise<void> {
    const call = this.#call(ENDPOINTS.healthz, options);
    const response = await openAnswer(this.#target, call);
    response.resume();
  }

  async readiness(options: CallOptions = {}): Promise<Readiness> {
    const call = this.#call(ENDPOINTS.readyz, options);
    const answer = await readJson(this.#target, call, await openAnswer(this.#target, call, [503]));
    // A stopping daemon refuses with the same status.
    if (isErrorAnswer(answer)) throw refusalFrom(answer, 503, this.#target);
    return answer as Readiness;
  }

  /** The metrics in text format 0.0.4, in pieces as they arrive. */
  metrics(options: CallOptions = {}): AsyncIterable<string> {
    return this.#text(this.#call(ENDPOINTS.metrics, options));
  }

  async status(options: CallOptions = {}): Promise<Snapshot> {
    return (await this.#json(this.#call(ENDPOINTS.status, options))) as Snapshot;
  }

  async events(place: EventsPlace = {}, options: CallOptions = {}): Promise<EventsAnswer> {
    return (await this.#json(this.#call(ENDPOINTS.events, options, { ...place }))) as EventsAnswer;
  }

  /**
   * The events from a place on and then each new one, until the daemon stops, the signal aborts or the caller
   * leaves the loop. A gap in `seq` at the start means events that were no longer kept.
   *
   * @throws ApiError ERR_API_SLOW_CONSUMER when the caller fell too far behind
   */
  followEvents(place: EventsPlace = {}, options: CallOptions = {}): AsyncIterable<DirectorEvent> {
    return this.#lines<DirectorEvent>(this.#call(ENDPOINTS.events, options, { ...place, follow: 1 }));
  }

  async plan(options: CallOptions = {}): Promise<PlanAnswer> {
    return (await this.#json(this.#longCall(ENDPOINTS.plan, options))) as PlanAnswer;
  }

  /** Live connections as they are listed; leaving the loop ends the listing. */
  connections(names: ConnectionNames = {}, options: CallOptions = {}): AsyncIterable<ConnectionLine> {
    return this.#lines<ConnectionLine>(this.#call(ENDPOINTS.connections, options, { ...names }));
  }

  /** The userspace plane's table. */
  async table(options: CallOptions = {}): Promise<TableAnswer> {
    return (await this.#json(this.#call(ENDPOINTS.table, options))) as TableAnswer;
  }

  async reload(request: ReloadRequest, options: CallOptions = {}): Promise<ReloadAnswer> {
    return (await this.#json(this.#longCall(ENDPOINTS.reload, options, request))) as ReloadAnswer;
  }

  async history(options: CallOptions = {}): Promise<HistoryAnswer> {
    return (await this.#json(this.#call(ENDPOINTS.history, options))) as HistoryAnswer;
  }

  /** The text of one entry. */
  async historyEntry(number: number, options: CallOptions = {}): Promise<HistoryText> {
    return (await this.#json(this.#call(ENDPOINTS.historyEntry, options, { number }))) as HistoryText;
  }

  async rollback(request: RollbackRequest, options: CallOptions = {}): Promise<ReloadAnswer> {
    return (await this.#json(this.#longCall(ENDPOINTS.rollback, options, request))) as ReloadAnswer;
  }

  async setWeight(request: WeightRequest, options: CallOptions = {}): Promise<WeightAnswer> {
    return (await this.#json(this.#longCall(ENDPOINTS.weight, options, request))) as WeightAnswer;
  }

  async testNotice(request: NoticeTestRequest, options: CallOptions = {}): Promise<NoticeTestAnswer> {
    return (await this.#json(this.#longCall(ENDPOINTS.noticeTest, options, request))) as NoticeTestAnswer;
  }

  /** Resolves when the instances have moved, or stay. */
  async orderInstances(request: HaOrderRequest, options: CallOptions = {}): Promise<HaOrderAnswer> {
    return (await this.#json(this.#longCall(ENDPOINTS.haOrder, options, request))) as HaOrderAnswer;
  }

  /** Servers with orders, and those that leave. */
  async drains(options: CallOptions = {}): Promise<DrainsAnswer> {
    return (await this.#json(this.#call(ENDPOINTS.drains, options))) as DrainsAnswer;
  }

  async drain(request: DrainRequest, options: CallOptions = {}): Promise<OrderAnswer> {
    return (await this.#json(this.#longCall(ENDPOINTS.drain, options, request))) as OrderAnswer;
  }

  async undrain(request: ServerRequest, options: CallOptions = {}): Promise<OrderAnswer> {
    return (await this.#json(this.#longCall(ENDPOINTS.undrain, options, request))) as OrderAnswer;
  }

  async setMaintenance(request: MaintenanceRequest, options: CallOptions = {}): Promise<OrderAnswer> {
    return (await this.#json(this.#longCall(ENDPOINTS.maintenance, options, request))) as OrderAnswer;
  }

  #call(endpoint: Endpoint, options: CallOptions, query: Query = {}): ApiCall {
    return {
      method: endpoint.method,
      path: withQuery(endpoint.path, query),
      timeoutMs: this.#timeoutMs,
      signal: options.signal,
    };
  }

  #longCall(endpoint: Endpoint, options: CallOptions, body?: unknown): ApiCall {
    return { ...this.#call(endpoint, options), timeoutMs: this.#longTimeoutMs, body };
  }

  async #json(call: ApiCall): Promise<unknown> {
    return readJson(this.#target, call, await openAnswer(this.#target, call));
  }

  async *#text(call: ApiCall): AsyncGenerator<string> {
    yield* readText(this.#target, call, await openAnswer(this.#target, call));
  }

  async *#lines<T>(call: ApiCall): AsyncGenerator<T> {
    for await (const line of splitLines(this.#text(call))) {
      const document = parseAnswer(line, this.#target);
      if (isErrorAnswer(document)) throw refusalFrom(document, null, this.#target);
      yield document as T;
    }
  }
}

function withQuery(path: string, query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== undefined) parameters.set(name, String(value));
  return parameters.size === 0 ? path : `${path}?${parameters.toString()}`;
}
