/**
 * A data plane in memory: executes steps as a real one must, and lets a test break it, hold it, and change its
 * table behind lvsd's back. Imports nothing from the controller that it is used to test.
 */
import {
  StepError,
  type ConnectionRecord,
  type Dataplane,
  type ObservedServer,
  type ObservedService,
  type ObservedTable,
  type ServerCounters,
  type ServiceCounters,
  type Step,
  type StepResult,
} from '../../src/dataplane/types.js';
import type { TableServer, TableService } from '../../src/model/desired-state.js';
import type { ServerKey, ServiceKey } from '../../src/model/keys.js';

type Mutable<Entry> = { -readonly [Field in keyof Entry]: Entry[Field] };
interface FakeServer extends Omit<Mutable<ObservedServer>, 'counters'> {
  counters: Mutable<ServerCounters>;
}
interface FakeService extends Omit<Mutable<ObservedService>, 'servers' | 'counters'> {
  servers: Map<ServerKey, FakeServer>;
  counters: Mutable<ServiceCounters>;
}

export class FakeDataplane implements Dataplane {
  readonly kind: Dataplane['kind'];
  /** Steps that succeeded, in order; a test may empty it. */
  readonly journal: Step[] = [];
  /** Every batch as it was handed in. */
  readonly batches: (readonly Step[])[] = [];
  /** Arguments of every `observe`; null stands for the whole table. */
  readonly dumps: (ReadonlySet<ServiceKey> | null)[] = [];
  /** Steps for which it returns a reason fail, without effect. */
  failStep: (step: Step) => string | null = () => null;
  /** Set, every `observe` rejects with this reason. */
  failObserve: string | null = null;
  /** Called after each step that succeeded, with the table as it is then. */
  onStep: (step: Step) => void = () => undefined;
  closes = 0;
  readonly #table = new Map<ServiceKey, FakeService>();
  #gate: Promise<void> = Promise.resolve();

  constructor(kind: Dataplane['kind'] = 'fake') {
    this.kind = kind;
  }

  async observe(keys?: ReadonlySet<ServiceKey>): Promise<ObservedTable> {
    this.dumps.push(keys === undefined ? null : new Set(keys));
    await this.#gate;
    if (this.failObserve !== null) throw new Error(this.failObserve);
    const wanted = [...this.#table.values()].filter(({ key }) => keys === undefined || keys.has(key));
    return new Map(wanted.map((service) => [service.key, structuredClone(service)]));
  }

  async apply(steps: readonly Step[]): Promise<readonly StepResult[]> {
    this.batches.push(steps);
    if (new Set(steps.map(({ phase }) => phase)).size > 1) throw new Error('a batch of several phases');
    await this.#gate;
    return steps.map((step) => this.#run(step));
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- the interface streams
  async *connections(): AsyncIterable<ConnectionRecord> {
    yield* [];
  }

  close(): Promise<void> {
    this.closes++;
    return Promise.resolve();
  }

  /** Makes `observe` and `apply` wait. @returns a function that lets them go on */
  hold(): () => void {
    let release = (): void => undefined;
    this.#gate = new Promise((resolve) => (release = resolve));
    return release;
  }

  /** The table as it is, for looking at; no dump is counted. */
  get table(): ReadonlyMap<ServiceKey, FakeService> {
    return this.#table;
  }

  server(service: ServiceKey, server: ServerKey): FakeServer | undefined {
    return this.#table.get(service)?.servers.get(server);
  }

  /** Somebody else puts a service there, or changes it. */
  externalService(
    { key, name, address, settings }: TableService,
    servers: readonly TableServer[] = [],
  ): void {
    const service = structuredClone({ key, name, address, settings });
    this.#table.set(key, Object.assign(this.#table.get(key) ?? newService(service), service));
    for (const server of servers) this.externalServer(key, server);
  }

  /** Somebody else adds a server, or changes it. */
  externalServer(service: ServiceKey, server: Partial<TableServer> & Pick<TableServer, 'key'>): void {
    const servers = this.#table.get(service)?.servers;
    const entry = servers?.get(server.key) ?? newServer(server as TableServer);
    servers?.set(server.key, Object.assign(entry, server));
  }

  /** Somebody else deletes a service, or one server of it. */
  externalDelete(service: ServiceKey, server?: ServerKey): void {
    if (server === undefined) this.#table.delete(service);
    else this.#table.get(service)?.servers.delete(server);
  }

  /** Traffic: the server holds so many connections from now on, and has been given as many more. */
  carry(service: ServiceKey, server: ServerKey, active: number, inactive = 0): void {
    const entry = this.server(service, server);
    if (entry === undefined) throw new Error(`carry: ${server} is not in ${service}`);
    Object.assign(entry, { activeConnections: active, inactiveConnections: inactive });
    for (const subject of [entry, this.#table.get(service)])
      if (subject !== undefined) subject.counters.connections += active + inactive;
  }

  #run(step: Step): StepResult {
    const reason = this.failStep(step) ?? this.#execute(step);
    if (reason === null) {
      this.journal.push(step);
      this.onStep(step);
      return { ok: true };
    }
    const server = 'server' in step ? step.server.key : null;
    const details = { step: step.kind, service: step.service.key, server };
    const message = `${step.kind.replace('-', ' ')} ${server ?? step.service.key}: ${reason}`;
    return { ok: false, error: new StepError(message, { code: 'ERR_FAKE', details, retryable: true }) };
  }

  /** @returns why it cannot, as a kernel would; null when done */
  #execute(step: Step): string | null {
    const { key } = step.service;
    if (step.kind === 'delete-service') {
      this.#table.delete(key);
      return null;
    }
    const service = this.#table.get(key);
    if (step.kind === 'create-service') {
      this.#table.set(key, Object.assign(service ?? newService(step.service), structuredClone(step.service)));
      return null;
    }
    if (service === undefined) return step.kind === 'delete-server' ? null : 'ENOENT, no such service';
    if (step.kind === 'edit-service') Object.assign(service, structuredClone(step.service));
    else return executeOnServers(service.servers, step);
    return null;
  }
}

function executeOnServers(
  servers: Map<ServerKey, FakeServer>,
  step: Extract<Step, { server: TableServer }>,
): string | null {
  const { key } = step.server;
  const entry = servers.get(key);
  if (step.kind === 'delete-server') servers.delete(key);
  else if (step.kind === 'edit-server' && entry === undefined) return 'ENOENT, no such server';
  else servers.set(key, Object.assign(entry ?? newServer(step.server), structuredClone(step.server)));
  return null;
}

function newService(service: TableService): FakeService {
  const counters = { connections: 0, bytesIn: 0, bytesOut: 0, refused: 0, retries: 0 };
  return { ...structuredClone(service), servers: new Map(), counters };
}

function newServer(server: TableServer): FakeServer {
  const counters = { connections: 0, bytesIn: 0, bytesOut: 0, refused: 0 };
  return {
    ...structuredClone(server),
    activeConnections: 0,
    inactiveConnections: 0,
    overloaded: false,
    counters,
  };
}
