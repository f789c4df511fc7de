/** The userspace data plane: a table of services in this process, whose listeners relay every byte themselves. */
import { thresholdFault } from '../../../schedulers/overload.js';
import type { Clock } from '../../base/clock.js';
import { inTurns } from '../../base/take-turns.js';
import type { TableServer, TableService } from '../../model/desired-state.js';
import type { ServiceKey } from '../../model/keys.js';
import type {
  ConnectionFilter,
  ConnectionRecord,
  Dataplane,
  ObservedService,
  ObservedTable,
  Step,
  StepResult,
} from '../types.js';
import { DescriptorBudget, processDescriptorLimit } from './descriptor-budget.js';
import { EndpointBook } from './endpoint-book.js';
import { endpointsOf, unsupportedReason } from './endpoints.js';
import type { Engine, EngineContext, ListenerFault } from './engine.js';
import { FlowTable } from './flow-table.js';
import { ListenerSet } from './listener-set.js';
import { NetEngine } from './net/net-engine.js';
import { KERNEL_GENERATION } from './proxy-server.js';
import { ProxyService, type ServiceContext } from './proxy-service.js';
import { loadSchedulerModule, type SchedulerModuleLoader } from './scheduler-module.js';
import { SchedulerSource, type ModuleFault } from './scheduler-source.js';
import { ServerTrash } from './server-trash.js';
import { refusal, stepError } from './step-failure.js';
import { defaultTimeouts, type ProxyTimeouts } from './timeouts.js';

export interface ProxyDataplaneOptions {
  readonly clock: Clock;
  /** What is left out keeps its default. */
  readonly timeouts?: Partial<ProxyTimeouts>;
  /** After that a silent server counts as refusing; default 5000. */
  readonly connectTimeoutMs?: number;
  /** Descriptors for listeners, connections and sessions; default: the process's limit less a reserve. */
  readonly maxDescriptors?: number;
  /** Default: import the file. */
  readonly loadSchedulerModule?: SchedulerModuleLoader;
  /** Default: the portable engine. */
  readonly createEngine?: (context: EngineContext) => Engine;
  /** First fault of each kind of a loaded custom scheduler. It counts until that scheduler is replaced. */
  readonly onModuleFault?: (fault: ModuleFault) => void;
  /** The scheduler of a service, which had faults, was replaced. */
  readonly onFaultyReplaced?: (service: ServiceKey) => void;
  readonly onListenerFault?: (fault: ListenerFault) => void;
}

interface Entry {
  readonly service: ProxyService;
  readonly listeners: ListenerSet;
}

const DEFAULT_CONNECT_TIMEOUT_MS = 5000;

const ignoreFault = (): void => undefined;

export class ProxyDataplane implements Dataplane {
  readonly kind = 'proxy';
  readonly #clock: Clock;
  readonly #engine: Engine;
  readonly #endpoints: EndpointBook;
  readonly #schedulers: SchedulerSource;
  readonly #entries = new Map<ServiceKey, Entry>();
  readonly #flows = new FlowTable();
  readonly #trash = new ServerTrash();
  readonly #context: ServiceContext;
  #timeouts: ProxyTimeouts;
  #closed = false;

  constructor(options: ProxyDataplaneOptions) {
    const createEngine = options.createEngine ?? ((context) => new NetEngine(context));
    this.#clock = options.clock;
    this.#timeouts = { ...defaultTimeouts, ...options.timeouts };
    this.#schedulers = new SchedulerSource(
      options.loadSchedulerModule ?? loadSchedulerModule,
      options.onModuleFault ?? ignoreFault,
    );
    this.#context = {
      clock: options.clock,
      flows: this.#flows,
      trash: this.#trash,
      faultyReplaced: options.onFaultyReplaced ?? ignoreFault,
      finRememberedMs: () => this.#timeouts.tcpFinMs,
    };
    this.#engine = createEngine({
      clock: options.clock,
      timeouts: this.#timeouts,
      connectTimeoutMs: options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS,
      descriptors: new DescriptorBudget(options.maxDescriptors ?? processDescriptorLimit()),
      onListenerFault: options.onListenerFault ?? ignoreFault,
    });
    this.#endpoints = new EndpointBook(this.#engine);
  }

  /** Connections and UDP sessions whose sockets are open, those of deleted services and servers included. */
  get liveConnections(): number {
    return this.#flows.size;
  }

  /** Idle limits in force. */
  get timeouts(): ProxyTimeouts {
    return this.#timeouts;
  }

  /** Changes idle limits, also for what lives already. What is left out goes back to its default. */
  configure(timeouts: Partial<ProxyTimeouts>): void {
    this.#timeouts = { ...defaultTimeouts, ...timeouts };
    this.#engine.configure(this.#timeouts);
  }

  observe(keys?: ReadonlySet<ServiceKey>): Promise<ObservedTable> {
    this.#trash.purge(this.#clock.nowMs());
    const table = new Map<ServiceKey, ObservedService>();
    for (const [key, { service }] of this.#entries) {
      if (keys === undefined || keys.has(key)) table.set(key, service.observe());
    }
    return Promise.resolve(table);
  }

  async apply(steps: readonly Step[]): Promise<readonly StepResult[]> {
    const results: StepResult[] = [];
    for (const step of steps) results.push(await this.#attempt(step));
    return results;
  }

  connections(filter: ConnectionFilter): AsyncIterable<ConnectionRecord> {
    return inTurns(this.#flows.records(filter, this.#clock), this.#clock);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    await Promise.all(entries.map(({ listeners }) => listeners.close()));
    this.#flows.abortAll();
    this.#engine.close();
  }

  async #attempt(step: Step): Promise<StepResult> {
    try {
      await this.#execute(step);
      return { ok: true };
    } catch (thrown) {
      return { ok: false, error: stepError(step, thrown) };
    }
  }

  async #execute(step: Step): Promise<void> {
    if (this.#closed) throw refusal('ERR_PLANE_CLOSED', 'the userspace plane is closed');
    switch (step.kind) {
      case 'create-service':
      case 'edit-service':
        return this.#setService(step.service);
      case 'add-server': {
        this.#serviceOf(step.service).addServer(checked(step.server));
        return;
      }
      case 'edit-server':
        if (this.#serviceOf(step.service).editServer(checked(step.server))) return;
        throw refusal('ERR_SERVER_GONE', 'the server is gone', true);
      case 'delete-server':
        this.#entries.get(step.service.key)?.service.removeServer(step.server.key);
        if (step.endsConnections === true) this.#flows.abortServer(step.service.key, step.server.key);
        return;
      case 'delete-service':
        return this.#deleteService(step.service.key);
    }
  }

  async #setService(definition: TableService): Promise<void> {
    const reason = unsupportedReason(definition);
    if (reason !== null) throw refusal('ERR_UNSUPPORTED', reason);
    const recipe = await this.#schedulers.resolve(definition.settings);
    const entry = this.#entries.get(definition.key);
    if (entry === undefined) return this.#createService(new ProxyService(definition, recipe, this.#context));
    const edit = entry.service.prepareEdit(definition, recipe);
    await entry.listeners.set(endpointsOf(definition.address));
    edit();
  }

  async #createService(service: ProxyService): Promise<void> {
    const listeners = new ListenerSet(this.#endpoints, service);
    await listeners.set(endpointsOf(service.definition.address));
    // The plane may have been closed while the listeners opened.
    if (this.#closed) return listeners.close();
    this.#entries.set(service.key, { service, listeners });
  }

  async #deleteService(key: ServiceKey): Promise<void> {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    await entry.listeners.close();
    entry.service.removeAllServers();
  }

  #serviceOf(definition: TableService): ProxyService {
    const entry = this.#entries.get(definition.key);
    if (entry === undefined) throw refusal('ERR_SERVICE_GONE', 'the service is gone', true);
    return entry.service;
  }
}

/** The server, if the kernel would take its thresholds. */
function checked(server: TableServer): TableServer {
  const fault = thresholdFault(
    { upper: server.upperThreshold, lower: server.lowerThreshold },
    KERNEL_GENERATION,
  );
  if (fault !== null) throw refusal('ERR_THRESHOLD', fault);
  return server;
}
