/**
 * Keeps the data plane's table as file, checks and operator want it: the face of the controller.
 *
 * Every change of an input is made at once, in the caller's turn, and marks its services. What a verdict changes is
 * verdicts.ts's, what an order drains.ts's; when they are planned is round-scheduler.ts's, how that goes round.ts's.
 */
import type { BackoffSettings } from '../base/backoff.js';
import type { AddressChange } from '../dataplane/address-table.js';
import type { AgentReport } from '../model/agent.js';
import type { Model } from '../model/director.js';
import type { ServerDecision } from '../model/desired-state.js';
import type { ServerKey, ServiceKey } from '../model/keys.js';
import type { RealServer } from '../model/real-server.js';
import type { Snapshot } from '../model/snapshot.js';
import type { ServiceStanding } from '../model/standing.js';
import type { Verdict } from '../model/status.js';
import type { VirtualService } from '../model/virtual-service.js';
import { CurrentStatus } from './current-status.js';
import { Drains, type ChangedServer } from './drains.js';
import { objectionTo } from './objection.js';
import type { OwnedTable } from './ownership.js';
import { ProbePaths } from './probe-paths.js';
import type { ProbePath } from './probes.js';
import type { ModelResult, Preview, ReconcileResult, ReconcilerOptions } from './reconciler-options.js';
import { RoundRunner } from './round.js';
import { RoundScheduler, type RoundResult } from './round-scheduler.js';
import { RunningConfig } from './running-config.js';
import type { RememberedStates, StatesChange } from './server-states.js';
import { ServerLoads, type RememberedLoads } from './server-loads.js';
import { AgentReports } from './agent-reports.js';
import { ServingState, type RememberedServing } from './serving-state.js';
import { Verdicts } from './verdicts.js';

const forget = (): Promise<void> => Promise.resolve();

const DEFAULT_BACKOFF: BackoffSettings = { firstMs: 1000, factor: 2, capMs: 30_000, jitter: 0.2 };

/** One a director. Nothing happens before `start` but that verdicts are remembered. */
export class Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #config: RunningConfig;
  readonly #runner: RoundRunner;
  readonly #rounds: RoundScheduler;
  readonly #status: CurrentStatus;
  readonly #verdicts: Verdicts;
  readonly #serving: ServingState;
  readonly #drains: Drains;
  readonly #loads: ServerLoads;
  readonly #agents: AgentReports;
  readonly #probes: ProbePaths;
  #revision = 1;

  constructor(options: ReconcilerOptions) {
    const { dataplane, clock, random, events, model, backoff = DEFAULT_BACKOFF } = options;
    this.#serving = new ServingState({
      clock,
      before: options.serving,
      onOver: (service, server) => this.#verdicts.delayOver(service, server),
      onChange: () => options.onServing?.(),
    });
    this.#loads = new ServerLoads({
      clock,
      before: options.loads,
      onStep: (services) => this.#reweigh(services),
      onChange: (change) => options.onLoads?.(change),
    });
    const config = new RunningConfig(model, dataplane.kind, this.#serving, this.#loads, options);
    this.#options = options;
    this.#config = config;
    const { saveOwnership = forget, addresses = null, onRound, frame } = options;
    this.#runner = new RoundRunner({ dataplane, addresses, clock, events, config, saveOwnership });
    this.#rounds = new RoundScheduler({
      clock,
      random,
      events,
      config,
      backoff,
      runner: this.#runner,
      onRound: (plan) => {
        this.#drains.follow();
        onRound?.(plan);
      },
    });
    const onStates = (change: StatesChange): void => options.onStates?.(change);
    const reweigh = (service: ServiceKey): void => this.#reweigh([service]);
    this.#verdicts = new Verdicts({ events, config, onStates, changed: this.#changed, reweigh });
    this.#agents = new AgentReports({ events, config, changed: this.#changed, reweigh });
    const [runner, rounds] = [this.#runner, this.#rounds];
    this.#probes = new ProbePaths({ config, runner, rounds });
    const revision = (): number => this.#revision;
    this.#status = new CurrentStatus({ dataplane, clock, config, runner, rounds, frame, revision });
    this.#drains = new Drains({
      clock,
      events,
      config,
      mayBeThere: (service, server) => this.#runner.mayHave(service, server),
      look: (services) => this.#rounds.exclusive(() => this.#runner.look(services)),
      changed: (servers) => this.#replan(servers),
      onOrders: () => onStates('override'),
    });
  }

  /**
   * Dumps the table, plans and applies everything, and goes on reconciling until `close`.
   *
   * Steps that fail are in the result and are retried; they do not reject.
   *
   * @param signal its abort is a `close` that nobody awaits
   * @throws TableError when the table cannot be read; then the reconciler is closed
   */
  async start(signal?: AbortSignal): Promise<ReconcileResult> {
    signal?.throwIfAborted();
    signal?.addEventListener('abort', () => void this.close(), { once: true });
    // Marks may have been found since this was made.
    this.#config.followProbes();
    for (const key of this.#config.services.keys()) this.#rounds.mark(key, null);
    if (this.#config.forgotten) this.#options.onStates?.('override');
    this.#options.addresses?.watch(this.#networkChanged);
    this.#serving.start();
    this.#loads.slowStarts.start();
    await this.#drains.look();
    const result = await this.#rounds.start();
    const error = this.#rounds.unreadable;
    if (error === null) return { revision: this.#revision, ...result };
    await this.close();
    throw error;
  }

  /**
   * Replaces the configuration and waits until it has been applied. A service that is the same object as before is not
   * planned again, unless it is failing or drifting.
   *
   * @param options.cause number of the event that led to it
   * @param options.force overrides the shrink guard; the limit is the running configuration's, so that a file
   *   cannot loosen the guard that judges it
   */
  async setModel(
    model: Model,
    options: { readonly cause: number | null; readonly force?: boolean },
  ): Promise<ModelResult> {
    const refusal = options.force === true ? null : this.objection(model);
    if (refusal !== null) return { accepted: false, refusal };
    const { services: before, director } = this.#config;
    const { forgotten, changed } = this.#config.replace(model, this.#options.clock.wallMs());
    if (forgotten) this.#options.onStates?.('override');
    const keys =
      director.unmanaged === model.director.unmanaged ? this.#concerned(changed) : this.#known(before);
    for (const key of keys) this.#rounds.mark(key, options.cause);
    this.#runner.drift.reset();
    const revision = ++this.#revision;
    this.#rounds.armResync();
    return { accepted: true, revision, ...(await this.#rounds.planReload()) };
  }

  /**
   * Services that a reload has to plan, in the order in which a plan of everything goes: those that it changes, and those
   * that are not as they ought to be.
   */
  #concerned(changed: ReadonlySet<ServiceKey>): ReadonlySet<ServiceKey> {
    const wrong = new Set([...this.#rounds.failures.keys(), ...this.#runner.unsettled]);
    if (wrong.size === 0) return changed;
    const { services } = this.#config;
    const known = [...services.keys()].filter((key) => changed.has(key) || wrong.has(key));
    return new Set([...known, ...changed, ...wrong]);
  }

  /** Every service of the file, of the one before, and of the table. */
  #known(before: RunningConfig['services']): ReadonlySet<ServiceKey> {
    return new Set([...this.#config.services.keys(), ...before.keys(), ...this.#runner.believed.keys()]);
  }

  /**
   * What speaks against taking over a configuration unasked: the shrink guard, services that would be made anew and drop
   * their connections; null when nothing.
   */
  objection(model: Model): string | null {
    return objectionTo(model, this.#config.model, this.#options.dataplane.kind);
  }

  /** Takes over what a check says; see `Verdicts`. Of a server that is no longer in the file it is dropped. */
  setVerdict(service: ServiceKey, server: ServerKey, verdict: Verdict): void {
    this.#verdicts.take(service, server, verdict);
  }

  /** Takes over what a server's agent says, null: it is asked no more. Of a server that left the file it is dropped. */
  setAgent(service: ServiceKey, server: ServerKey, report: AgentReport | null): void {
    this.#agents.take(service, server, report);
  }

  /**
   * Sets an operator's weight and waits until it has been applied.
   *
   * @param weight 0..65535; null returns to the file's
   * @param by who asks, for people
   * @returns null when the file has no such server
   */
  async setWeight(
    service: ServiceKey,
    server: ServerKey,
    weight: number | null,
    by: string,
  ): Promise<ReconcileResult | null> {
    const subject = this.#config.server(service, server);
    if (subject === undefined) return null;
    this.#config.states.setWeight(service, server, weight === null ? null : { weight, by });
    this.#options.onStates?.('override');
    const cause = this.#options.events.append({
      type: 'weight-set',
      service: this.#config.ownership.services.get(service) ?? null,
      server: subject.name,
      message: weight === null ? `weight as in the file again, by ${by}` : `weight ${weight} set by ${by}`,
    });
    this.#rounds.mark(service, cause, server);
    const revision = ++this.#revision;
    return { revision, ...(await this.#rounds.plan('weight')) };
  }

  /** Orders that take servers out of service, and servers that leave. */
  get drains(): Pick<
    Drains,
    'drain' | 'undrain' | 'beginMaintenance' | 'endMaintenance' | 'list' | 'look' | 'count'
  > {
    return this.#drains;
  }

  /** Those of the running configuration, in the order of the file. */
  get services(): readonly VirtualService[] {
    return this.#config.model.services;
  }

  /** A live view. */
  get states(): RememberedStates {
    return this.#config.states;
  }

  /** A live view. */
  get serving(): RememberedServing {
    return this.#serving;
  }

  /** A live view. */
  get loads(): RememberedLoads {
    return this.#loads;
  }

  /** What of lvsd's own is there by now for a later process to find. */
  get owned(): OwnedTable {
    return this.#config.ownership.lasting;
  }

  /** The weight that is asked for: the operator's, else the file's. What a failed check makes of it is not in it. */
  askedWeight(service: ServiceKey, { key, weight }: RealServer): number {
    return this.#config.states.overrides.get(service)?.get(key)?.weight ?? weight;
  }

  /**
   * Computes what accepting the model would do to the table as it is now. Waits for the running round.
   *
   * @throws TableError when the table cannot be read
   */
  async preview(model: Model): Promise<Preview> {
    const services = this.#config.servicesOf(model);
    const { unmanaged } = model.director;
    const steps = await this.#rounds.exclusive(() => this.#runner.preview(services, unmanaged));
    return { steps, refusedWithoutForce: this.objection(model) };
  }

  /**
   * Opens the way through a service's address to one of its servers, for one probe; see `Probes`. Never rejects.
   *
   * @param signal its abort ends the wait for a place
   */
  openProbePath(service: ServiceKey, server: ServerKey, signal: AbortSignal): Promise<ProbePath> {
    return this.#probes.open(service, server, signal);
  }

  /** Takes the services for probes out of the table, and lets none come again. */
  endProbes(): Promise<RoundResult> {
    return this.#probes.end();
  }

  /** Draws the snapshot with counters at most 100 ms old; with the last known ones when the table cannot be read. */
  status(): Promise<Snapshot> {
    return this.#status.draw();
  }

  /**
   * Whether the file's services can be expected to serve: not before the first round, nor while every one of the kernel's fails.
   * Weaker than `readiness`, for one bad service must not keep the others from being taken over; and on the userspace plane
   * nobody can listen on an address before this director has it.
   */
  get programmed(): boolean {
    const { failures, programmed } = this.#rounds;
    if (!programmed || failures.size === 0 || this.#options.dataplane.kind === 'proxy') return programmed;
    const services = [...this.#config.services.values()].filter(({ plane }) => plane === 'kernel');
    return services.length === 0 || services.some(({ key }) => !failures.has(key));
  }

  /** Whether the director does what its file says, with the reasons, as known without looking at the table. */
  readiness(): Snapshot['ready'] {
    return this.#status.readiness();
  }

  /** Tries at once what failed, without waiting for its time: this host has other addresses than before. */
  retryFailing(): void {
    const { failures, running } = this.#rounds;
    for (const key of failures.keys()) this.#rounds.mark(key, null);
    if (failures.size > 0 && running) void this.#rounds.plan('retry');
  }

  /** How a service of the file stands, as known without looking at the table; null when the file has none such. */
  standing(key: ServiceKey): ServiceStanding | null {
    return this.#status.standing(key);
  }

  /** What was last decided about a server; undefined before the first decision, and where the file has none such. */
  decision(service: ServiceKey, server: ServerKey): ServerDecision | undefined {
    return this.#runner.desired.get(service)?.decisions.find((decision) => decision.server === server);
  }

  /** Tells of a fault that the plane found at a service while it served; null: what was at fault is replaced. */
  tellFault(service: ServiceKey, fault: string | null): void {
    this.#options.events.append({
      type: fault === null ? 'service-recovered' : 'service-error',
      service: this.#config.ownership.services.get(service) ?? service,
      message: fault ?? 'the scheduler was replaced',
    });
  }

  /** Stops timers and waits for the running round. Idempotent. The data plane and its table stay as they are. */
  close(): Promise<void> {
    this.#serving.close();
    this.#loads.slowStarts.close();
    this.#drains.close();
    return this.#rounds.close();
  }

  /**
   * An address that is gone is drift, and is judged as such. An interface that has come is nobody's doing: what is
   * missing there is simply made.
   */
  readonly #networkChanged = (change: AddressChange): void => {
    const concerned = this.#runner.concernedBy(change);
    if (concerned.length === 0) return;
    if (change.kind === 'interface-up') for (const key of concerned) this.#rounds.mark(key, null);
    this.#rounds.resyncSoon();
  };

  /** Weights may be others; that is told by no event, or it would be told every second. */
  #reweigh(services: readonly ServiceKey[]): void {
    for (const service of services) this.#rounds.mark(service, null);
    this.#rounds.planLoad();
  }

  readonly #changed = (
    { service, server, cause }: ChangedServer,
    why: 'verdict' | 'recovery' | 'agent',
  ): void => {
    this.#rounds.mark(service, cause, server);
    this.#revision++;
    if (this.#rounds.running) void this.#rounds.plan(why);
  };

  async #replan(servers: readonly ChangedServer[]): Promise<RoundResult> {
    for (const { service, server, cause } of servers) this.#rounds.mark(service, cause, server);
    this.#revision++;
    return this.#rounds.running ? this.#rounds.plan('drain') : { steps: [], failures: [] };
  }
}
