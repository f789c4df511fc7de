/** A director that only remembers what it was asked. */
import type { CheckResultAnswer, CheckResultRequest } from '../../../src/api/check-result-protocol.js';
import type { HaOrderAnswer, HaOrderRequest } from '../../../src/api/ha-protocol.js';
import type { NoticeTestAnswer, NoticeTestRequest } from '../../../src/api/notice-protocol.js';
import type {
  DrainRequest,
  DrainsAnswer,
  MaintenanceRequest,
  OrderAnswer,
  OrderLine,
  ServerRequest,
} from '../../../src/api/drain-protocol.js';
import type { ApiOperations, ConnectionNames, EventSource, Peer } from '../../../src/api/operations.js';
import type {
  ConnectionLine,
  EventsAnswer,
  PlanAnswer,
  Readiness,
  HistoryAnswer,
  HistoryLine,
  HistoryText,
  ReloadAnswer,
  ReloadRequest,
  RollbackRequest,
  TableAnswer,
  WeightAnswer,
  WeightRequest,
} from '../../../src/api/protocol.js';
import type { DirectorEvent } from '../../../src/model/event.js';
import type { ServerKey, ServiceKey } from '../../../src/model/keys.js';
import type { Snapshot } from '../../../src/model/snapshot.js';

/** Keeps the newest `keep` events, as the real log does. */
export class FakeEvents implements EventSource {
  readonly #kept: DirectorEvent[] = [];
  readonly #wakes = new Set<(event: DirectorEvent) => void>();
  readonly #keep: number;
  #lastSeq = 0;

  constructor(keep = 1_000) {
    this.#keep = keep;
  }

  get subscribers(): number {
    return this.#wakes.size;
  }

  emit(message = 'something happened'): void {
    const event: DirectorEvent = {
      seq: ++this.#lastSeq,
      timeMs: 0,
      type: 'server-up',
      service: 'shop',
      server: null,
      message,
      cause: null,
    };
    this.#kept.push(event);
    if (this.#kept.length > this.#keep) this.#kept.shift();
    for (const wake of this.#wakes) wake(event);
  }

  lastSeq(): number {
    return this.#lastSeq;
  }

  since(after: number, limit: number): EventsAnswer {
    const oldest = this.#kept[0]?.seq ?? this.#lastSeq + 1;
    return {
      events: this.#kept.filter((event) => event.seq > after).slice(0, limit),
      missed: Math.max(0, oldest - after - 1),
    };
  }

  subscribe(wake: (event: DirectorEvent) => void): () => void {
    this.#wakes.add(wake);
    return () => void this.#wakes.delete(wake);
  }
}

export const SNAPSHOT: Snapshot = {
  revision: 7,
  director: { name: 'director-a', version: '0.1.0', pid: 1, startedAtMs: 0 },
  dataplane: { kind: 'fake', reason: 'configured', connections: 0 },
  config: {
    file: '/etc/lvsd/lvsd.yaml',
    revision: 1,
    digest: '0123456789ab',
    loadedAtMs: 0,
    source: 'file',
    lastReload: null,
    reloads: { accepted: 1, refused: 0 },
  },
  ready: { ok: true, reasons: [] },
  services: [],
  lastPlan: null,
};

const HISTORY_LINE: HistoryLine = {
  number: 1,
  appliedAtMs: 0,
  by: 'start',
  why: 'start',
  summary: '1 service',
  digest: '0123456789ab',
};

export const ORDER_LINE: OrderLine = {
  service: 'shop',
  serviceKey: 'tcp:192.0.2.10:80' as ServiceKey,
  server: 'web-1',
  serverKey: '10.0.0.1:80' as ServerKey,
  configured: true,
  drain: { origin: 'operator', by: 'uid 7', sinceMs: 5, deadlineMs: 300_005, end: null },
  maintenance: null,
  left: { active: 3, inactive: 2, sticky: 1 },
};

export class FakeOperations implements ApiOperations {
  readonly events: FakeEvents;
  ready: Readiness = { ready: true, reasons: [] };
  /** What metrics() and connections() give; a function so that a test sees whether it was ended. */
  metricsSource: () => AsyncIterable<string> = () => iterate(['# HELP a b\n', 'a 1\n']);
  connectionsSource: () => AsyncIterable<ConnectionLine> = () => iterate([]);
  /** Awaited by every call that returns a promise; a test makes it throw or hang. */
  gate: () => Promise<void> = () => Promise.resolve();
  readonly asked: { readonly what: string; readonly input: unknown; readonly who?: Peer | null }[] = [];

  constructor(events = new FakeEvents()) {
    this.events = events;
  }

  async status(): Promise<Snapshot> {
    await this.gate();
    return SNAPSHOT;
  }

  readiness(): Readiness {
    return this.ready;
  }

  metrics(): AsyncIterable<string> {
    return this.metricsSource();
  }

  async plan(): Promise<PlanAnswer> {
    await this.gate();
    return { file: '/etc/lvsd/lvsd.yaml', steps: [], refusedWithoutForce: null, warnings: [] };
  }

  connections(filter: ConnectionNames): AsyncIterable<ConnectionLine> {
    this.asked.push({ what: 'connections', input: filter });
    return this.connectionsSource();
  }

  async table(): Promise<TableAnswer> {
    await this.gate();
    return { version: '0.1.0', timeouts: { tcpSec: null, tcpFinSec: 120, udpSec: 300 }, services: [] };
  }

  async reload(request: ReloadRequest, who: Peer | null): Promise<ReloadAnswer> {
    this.asked.push({ what: 'reload', input: request, who });
    await this.gate();
    return { ok: true, revision: 2, steps: [], changes: [], failures: [], warnings: [] };
  }

  async testNotice(request: NoticeTestRequest, who: Peer | null): Promise<NoticeTestAnswer> {
    this.asked.push({ what: 'testNotice', input: request, who });
    await this.gate();
    return { notice: request.notice, sent: true, detail: 'HTTP 204' };
  }

  async orderInstances(request: HaOrderRequest, who: Peer | null): Promise<HaOrderAnswer> {
    this.asked.push({ what: 'orderInstances', input: request, who });
    await this.gate();
    const instances = [request.instance ?? 'vi_shop'];
    const move = { instances, group: null, peer: '10.0.0.2', gapMs: 34, error: null };
    return { verb: request.verb, moves: [move] };
  }

  async history(): Promise<HistoryAnswer> {
    await this.gate();
    return { entries: [HISTORY_LINE], warnings: [] };
  }

  async historyEntry(number: number): Promise<HistoryText> {
    this.asked.push({ what: 'history', input: number });
    await this.gate();
    return { ...HISTORY_LINE, number, files: [{ path: '/etc/lvsd/lvsd.yaml', text: 'services: []\n' }] };
  }

  async rollback(request: RollbackRequest, who: Peer | null): Promise<ReloadAnswer> {
    this.asked.push({ what: 'rollback', input: request, who });
    await this.gate();
    return { ok: true, revision: 3, steps: [], changes: [], failures: [], warnings: [] };
  }

  async setWeight(request: WeightRequest, who: Peer | null): Promise<WeightAnswer> {
    this.asked.push({ what: 'weight', input: request, who });
    await this.gate();
    return { changed: [{ service: 'shop', server: request.server, from: 1, to: request.weight ?? 1 }] };
  }

  async tellResult(request: CheckResultRequest): Promise<CheckResultAnswer> {
    this.asked.push({ what: 'check-result', input: request, who: null });
    await this.gate();
    return { told: [{ service: 'web', server: request.server }] };
  }

  async drains(): Promise<DrainsAnswer> {
    await this.gate();
    return { servers: [ORDER_LINE] };
  }

  drain(request: DrainRequest, who: Peer | null): Promise<OrderAnswer> {
    return this.#ordered('drain', request, who);
  }

  undrain(request: ServerRequest, who: Peer | null): Promise<OrderAnswer> {
    return this.#ordered('undrain', request, who);
  }

  setMaintenance(request: MaintenanceRequest, who: Peer | null): Promise<OrderAnswer> {
    return this.#ordered('maintenance', request, who);
  }

  async #ordered(what: string, input: unknown, who: Peer | null): Promise<OrderAnswer> {
    this.asked.push({ what, input, who });
    await this.gate();
    return { servers: [{ ...ORDER_LINE, changed: true }], warnings: [] };
  }
}

/** An array as an async iterable. */
export async function* iterate<T>(items: readonly T[]): AsyncGenerator<T> {
  for (const item of items) yield await Promise.resolve(item);
}
