/** The director as the admin API sees it: requests by name become calls by key. */
import { ApiError } from '../api/errors.js';
import type {
  DrainRequest,
  DrainsAnswer,
  MaintenanceRequest,
  OrderAnswer,
  ServerRequest,
} from '../api/drain-protocol.js';
import type { CheckResultAnswer, CheckResultRequest } from '../api/check-result-protocol.js';
import type { HaOrderAnswer, HaOrderRequest } from '../api/ha-protocol.js';
import type { NoticeTestAnswer, NoticeTestRequest } from '../api/notice-protocol.js';
import type { ApiOperations, ConnectionNames, EventSource, Peer } from '../api/operations.js';
import type {
  ConnectionLine,
  HistoryAnswer,
  HistoryLine,
  HistoryText,
  PlanAnswer,
  Readiness,
  ReloadAnswer,
  ReloadRequest,
  RollbackRequest,
  TableAnswer,
  WeightAnswer,
  WeightRequest,
} from '../api/protocol.js';
import { DirectorError } from '../base/errors.js';
import { ConfigError } from '../config/config-error.js';
import type { LoadOptions } from '../config/load.js';
import { describeStep } from '../controller/describe-step.js';
import type { EventLog } from '../controller/event-log.js';
import type { Reconciler } from '../controller/reconciler.js';
import type { Dataplane } from '../dataplane/types.js';
import type { ExternalResults } from '../health/external-results.js';
import type { Notices } from '../notices/notices.js';
import type { Snapshot } from '../model/snapshot.js';
import type { AskedPlane } from './choose-dataplane.js';
import { DrainOperations } from './drain-operations.js';
import { tellResult } from './external-operations.js';
import type { FoundServer } from './find-servers.js';
import { loadRunnable } from './load-runnable.js';
import { connectionNamer } from './name-connections.js';
import { testNotice } from './notice-operations.js';
import { requireServers, requireService } from './named-servers.js';
import { tellFailures } from './noted-orders.js';
import { warningTexts, type Reloader, type ReloadOutcome } from './reload.js';
import { readUserspaceTable, type UserspacePlane } from './userspace-table.js';
import type { HistoryEntry, HistoryStore } from './state/history-store.js';
import { orderInstances, type OrderedSide } from './vrrp/ha-operations.js';

export interface DirectorOperationsOptions {
  /** Absolute. */
  readonly file: string;
  readonly load: LoadOptions;
  /** What file or command line asked for when the director started. */
  readonly startedPlane: AskedPlane;
  readonly events: EventLog;
  readonly reconciler: Reconciler;
  /** Settles when the weights that were set are durable, or cannot be, which is told elsewhere. */
  readonly saveOverrides: () => Promise<void>;
  readonly reloader: Pick<Reloader, 'reload' | 'rollback'>;
  readonly history: Pick<HistoryStore, 'list' | 'read'>;
  readonly dataplane: Dataplane;
  readonly userspace: UserspacePlane;
  readonly metrics: () => AsyncIterable<string>;
  /** Where the checks of type `external` look. */
  readonly externalResults: ExternalResults;
  readonly notices: Pick<Notices, 'test' | 'status'>;
  readonly ha: OrderedSide;
}

const UNPROCESSABLE = 422;
const NOT_FOUND = 404;

export class DirectorOperations implements ApiOperations {
  readonly events: EventSource;
  readonly #options: DirectorOperationsOptions;
  readonly #drains: DrainOperations;

  constructor(options: DirectorOperationsOptions) {
    const { events } = options;
    this.#options = options;
    this.#drains = new DrainOperations(options);
    this.events = {
      lastSeq: () => events.lastSeq,
      since: (after, limit) => events.since(after, limit),
      subscribe: (wake) => events.subscribe(wake),
    };
  }

  status(): Promise<Snapshot> {
    return this.#options.reconciler.status();
  }

  readiness(): Readiness {
    const { ok, reasons } = this.#options.reconciler.readiness();
    return { ready: ok, reasons };
  }

  metrics(): AsyncIterable<string> {
    return this.#options.metrics();
  }

  async plan(): Promise<PlanAnswer> {
    const { file, load, startedPlane, reconciler } = this.#options;
    const { loaded } = await refusingWith422(() => loadRunnable(file, load, startedPlane));
    const { steps, refusedWithoutForce } = await reconciler.preview(loaded.model);
    return { file, steps: steps.map(describeStep), refusedWithoutForce, warnings: warningTexts(loaded) };
  }

  async *connections({ service, server }: ConnectionNames): AsyncGenerator<ConnectionLine> {
    const found =
      service === undefined ? undefined : requireService(this.#options.reconciler.services, service);
    const wanted =
      server === undefined ? null : requireServers(this.#options.reconciler.services, service, server);
    const keys = wanted && new Set(wanted.map((each) => `${each.service.key} ${each.server.key}`));
    const named = connectionNamer(this.#options.reconciler.services);
    const all = this.#options.dataplane.connections(found === undefined ? {} : { service: found.key });
    for await (const record of all) {
      if (keys === null || keys.has(`${record.service} ${record.server}`)) yield named(record);
    }
  }

  table(): Promise<TableAnswer> {
    return readUserspaceTable(this.#options.userspace);
  }

  async reload({ force }: ReloadRequest, who: Peer | null): Promise<ReloadAnswer> {
    return reloadAnswer(await this.#options.reloader.reload(asker(who), force));
  }

  async history(): Promise<HistoryAnswer> {
    const { entries, warnings } = await this.#options.history.list();
    return { entries: entries.map(historyLine), warnings };
  }

  async historyEntry(number: number): Promise<HistoryText> {
    const entry = await this.#historyEntry(number);
    const files = [...entry.files].map(([path, text]) => ({ path, text }));
    return { ...historyLine(entry), files };
  }

  async rollback({ number, force }: RollbackRequest, who: Peer | null): Promise<ReloadAnswer> {
    const entry = await this.#historyEntry(number);
    return reloadAnswer(await this.#options.reloader.rollback(entry, asker(who), force));
  }

  async setWeight(request: WeightRequest, who: Peer | null): Promise<WeightAnswer> {
    const { service, server, weight, dryRun } = request;
    const found = requireServers(this.#options.reconciler.services, service, server);
    this.#drains.refuseWeight(found);
    const changed = found.map((each) => ({
      service: each.service.name,
      server: each.server.name,
      from: this.#options.reconciler.askedWeight(each.service.key, each.server),
      to: weight ?? each.server.weight,
    }));
    if (!dryRun) await this.#apply(found, weight, asker(who));
    return { changed };
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- what it throws has to be a rejection
  async tellResult(request: CheckResultRequest): Promise<CheckResultAnswer> {
    return tellResult(this.#options.reconciler.services, this.#options.externalResults, request);
  }

  testNotice({ notice }: NoticeTestRequest, who: Peer | null): Promise<NoticeTestAnswer> {
    return testNotice(this.#options.notices, notice, asker(who));
  }

  orderInstances(request: HaOrderRequest, who: Peer | null): Promise<HaOrderAnswer> {
    return orderInstances(this.#options.ha, request, asker(who));
  }

  drains(): Promise<DrainsAnswer> {
    return Promise.resolve(this.#drains.list());
  }

  drain(request: DrainRequest, who: Peer | null): Promise<OrderAnswer> {
    return this.#drains.drain(request, asker(who));
  }

  undrain(request: ServerRequest, who: Peer | null): Promise<OrderAnswer> {
    return this.#drains.undrain(request, asker(who));
  }

  setMaintenance(request: MaintenanceRequest, who: Peer | null): Promise<OrderAnswer> {
    return this.#drains.setMaintenance(request, asker(who));
  }

  async #apply(found: readonly FoundServer[], weight: number | null, by: string): Promise<void> {
    const { reconciler } = this.#options;
    const results = await Promise.all(
      found.map(({ service, server }) => reconciler.setWeight(service.key, server.key, weight, by)),
    );
    await this.#options.saveOverrides();
    tellFailures('set weight', results);
  }

  async #historyEntry(number: number): Promise<HistoryEntry> {
    const entry = await this.#options.history.read(number);
    if (entry !== null) return entry;
    throw new ApiError(`find number ${number} of the history: there is none; lvsd history lists them`, {
      code: 'ERR_NO_SUCH_HISTORY',
      details: { status: NOT_FOUND },
    });
  }
}

function asker(who: Peer | null): string {
  return who === null ? 'operator' : `uid ${who.uid}`;
}

async function refusingWith422<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof DirectorError)) throw error;
    const report = error instanceof ConfigError ? { report: error.report({ color: false }) } : {};
    throw new ApiError(error.message, {
      code: error.code,
      details: { status: UNPROCESSABLE, ...report },
      cause: error,
    });
  }
}

function reloadAnswer(outcome: ReloadOutcome): ReloadAnswer {
  if (!outcome.ok) {
    const { code, message, report } = outcome;
    const details = { status: UNPROCESSABLE, ...(report === null ? {} : { report }) };
    throw new ApiError(message, { code, details });
  }
  const { configRevision, steps, failures, warnings, changes } = outcome;
  return {
    ok: true,
    revision: configRevision,
    steps: steps.map(describeStep),
    changes,
    failures,
    warnings,
  };
}

function historyLine({ number, appliedAtMs, by, why, summary, digest }: HistoryEntry): HistoryLine {
  return { number, appliedAtMs, by, why, summary, digest };
}
