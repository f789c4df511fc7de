/**
 * Keeps the data plane's table as file, checks and operator want it: the face of the controller.
 *
 * Every change of an input is made at once, in the caller's turn, and marks its services. When they are planned
 * is round-scheduler.ts's, how that goes round.ts's.
 */
import type { BackoffSettings } from '../base/backoff.js';
import type { Clock, Random } from '../base/clock.js';
import { reasonOf } from '../base/errors.js';
import type { AddressChange, AddressTable, PlannedStep } from '../dataplane/address-table.js';
import type { Dataplane, ObservedTable } from '../dataplane/types.js';
import type { Model } from '../model/director.js';
import type { EventType } from '../model/event.js';
import type { ServerKey, ServiceKey } from '../model/keys.js';
import type { RealServer } from '../model/real-server.js';
import type { PlanSummary, Snapshot } from '../model/snapshot.js';
import type { Verdict, VerdictState } from '../model/status.js';
import type { VirtualService } from '../model/virtual-service.js';
import { Drains, type ChangedServer } from './drains.js';
import type { EventLog } from './event-log.js';
import type { OwnedTable, SaveOwnership } from './ownership.js';
import { heldReason } from './judge-server.js';
import { explainFamilyChanges, explainMoves, familyChanges, planeMoves } from './plane-moves.js';
import { computeReadiness } from './readiness.js';
import { RoundRunner } from './round.js';
import { RoundScheduler, type RoundResult } from './round-scheduler.js';
import { indexServices, RunningConfig } from './running-config.js';
import type { RememberedStates, StatesChange } from './server-states.js';
import { ServingState, type RememberedServing } from './serving-state.js';
import { SharedDump } from './shared-dump.js';
import { explainObjections, HOW_TO_FORCE, shrinkObjections } from './shrink-guard.js';
import { buildSnapshot, type SnapshotFrame } from './status.js';

export interface ReconcilerOptions {
  /** Stays the caller's: `close` does not close it. */
  readonly dataplane: Dataplane;
  /** Where services with `interface:` have their addresses; stays the caller's. Default: they have none of lvsd's. */
  readonly addresses?: AddressTable;
  readonly clock: Clock;
  readonly random: Random;
  readonly events: EventLog;
  /** The first configuration. */
  readonly model: Model;
  /** What an earlier process owned in this very table; default nothing. */
  readonly owned?: OwnedTable;
  /** Default: forgotten with the process, as the userspace plane's table is. */
  readonly saveOwnership?: SaveOwnership;
  /** What is known of servers from before this start. Of servers that are not in the model it is dropped. */
  readonly states?: Partial<RememberedStates>;
  /** Hears of each verdict and order that is new, carried out or forgotten, after the change and before it is planned. */
  readonly onStates?: (change: StatesChange) => void;
  /** What was decided before this start about who serves, and servers that must not serve yet. */
  readonly serving?: RememberedServing;
  /** Hears that what has to be remembered of that has changed. */
  readonly onServing?: () => void;
  /** Asked anew for every snapshot. */
  readonly frame: () => SnapshotFrame;
  /** Between retries of what failed; default 1 s, doubling to 30 s, up to a fifth off at random. */
  readonly backoff?: BackoffSettings;
  /** Hears of every finished round, also of one without steps; for metrics. */
  readonly onRound?: (plan: PlanSummary) => void;
}

/** What became of a change. */
export interface ReconcileResult extends RoundResult {
  readonly revision: number;
}

/** `accepted: false`: the shrink guard objects, and nothing has changed. */
export type ModelResult =
  ({ readonly accepted: true } & ReconcileResult) | { readonly accepted: false; readonly refusal: string };

export interface Preview {
  readonly steps: readonly PlannedStep[];
  /** What speaks against it without `--force`, or null. */
  readonly refusedWithoutForce: string | null;
}

const forget = (): Promise<void> => Promise.resolve();

const DEFAULT_BACKOFF: BackoffSettings = { firstMs: 1000, factor: 2, capMs: 30_000, jitter: 0.2 };

const VERDICT_EVENTS: Record<VerdictState, EventType> = {
  up: 'server-up',
  down: 'server-down',
  unknown: 'server-unknown',
};

/** One a director. Nothing happens before `start` but that verdicts are remembered. */
export class Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #config: RunningConfig;
  readonly #runner: RoundRunner;
  readonly #rounds: RoundScheduler;
  readonly #dumps: SharedDump;
  readonly #serving: ServingState;
  readonly #drains: Drains;
  #revision = 1;

  constructor(options: ReconcilerOptions) {
    const { dataplane, clock, random, events, model, backoff = DEFAULT_BACKOFF } = options;
    this.#serving = new ServingState({
      clock,
      before: options.serving,
      onOver: this.#holdOver,
      onChange: () => options.onServing?.(),
    });
    const config = new RunningConfig(model, dataplane.kind, this.#serving, options);
    this.#options = options;
    this.#config = config;
    const { saveOwnership = forget } = options;
    const { addresses = null } = options;
    this.#runner = new RoundRunner({ dataplane, addresses, clock, events, config, saveOwnership });
    const { onRound } = options;
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
    this.#dumps = new SharedDump(dataplane, clock);
    this.#drains = new Drains({
      clock,
      events,
      config,
      mayBeThere: (service, server) => this.#runner.mayHave(service, server),
      look: (services) => this.#rounds.exclusive(() => this.#runner.look(services)),
      changed: (servers) => this.#replan(servers),
      onOrders: () => options.onStates?.('override'),
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
    for (const key of this.#config.services.keys()) this.#rounds.mark(key, null);
    if (this.#config.forgotten) this.#options.onStates?.('override');
    this.#options.addresses?.watch(this.#networkChanged);
    this.#serving.start();
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
    for (const key of this.#concerned(model)) this.#rounds.mark(key, options.cause);
    if (this.#config.replace(model, this.#options.clock.wallMs())) this.#options.onStates?.('override');
    this.#runner.drift.reset();
    const revision = ++this.#revision;
    this.#rounds.armResync();
    return { accepted: true, revision, ...(await this.#rounds.planReload()) };
  }

  /** Services that a reload has to plan: those that it changes, and those that are not as they ought to be. */
  #concerned(model: Model): ReadonlySet<ServiceKey> {
    const { services: before, director } = this.#config;
    const { believed, unsettled } = this.#runner;
    const after = indexServices(model);
    const keys = new Set([...before.keys(), ...after.keys()]);
    if (director.unmanaged !== model.director.unmanaged) return new Set([...keys, ...believed.keys()]);
    const wrong = new Set([...this.#rounds.failures.keys(), ...unsettled]);
    const isConcerned = (key: ServiceKey): boolean => wrong.has(key) || before.get(key) !== after.get(key);
    return new Set([...keys, ...wrong].filter(isConcerned));
  }

  /**
   * What speaks against taking over a configuration unasked: the shrink guard, services that would be made anew and drop
   * their connections; null when nothing.
   */
  objection(model: Model): string | null {
    const before = [...this.#config.services.values()];
    const limit = this.#config.director.shrinkGuard;
    const shrinking = explainObjections(shrinkObjections(before, model.services, limit), limit);
    const { kind } = this.#options.dataplane;
    const dropping = [
      kind === 'composite' ? explainMoves(planeMoves(before, model.services)) : null,
      kind === 'proxy' ? null : explainFamilyChanges(familyChanges(before, model.services)),
    ].filter((line) => line !== null);
    return dropping.length === 0 ? shrinking : [...dropping, shrinking ?? HOW_TO_FORCE].join('\n');
  }

  /**
   * Takes over what a check says. A server that is no longer in the file is nobody's: its verdict is dropped.
   *
   * A server counts as up before anything is known of it, so of first verdicts only `down` is news.
   */
  setVerdict(service: ServiceKey, server: ServerKey, verdict: Verdict): void {
    const subject = this.#config.server(service, server);
    if (subject === undefined) return;
    const configured = this.#config.services.get(service);
    const last = this.#config.states.setVerdict(service, server, verdict);
    const known = last?.state;
    if (verdict.state !== known) this.#options.onStates?.('verdict');
    else if (verdict.countsAs !== (configured?.initial ?? 'up')) this.#options.onStates?.('confirmed');
    const held = verdict.state === 'unknown' ? undefined : this.#serving.heldAs(service, server);
    const counted = held === 'down' ? held : (last?.countsAs ?? configured?.initial ?? 'up');
    const news =
      verdict.countsAs !== counted ||
      (known === undefined ? verdict.state === 'down' : verdict.state !== known);
    if (!news) return;
    const before = known ?? 'unknown';
    const cause = this.#options.events.append({
      type: VERDICT_EVENTS[verdict.state],
      service: this.#config.ownership.services.get(service) ?? null,
      server: subject.name,
      message: `${before} -> ${verdict.state}: ${verdict.reason}`,
    });
    if (
      configured !== undefined &&
      this.#serving.counted(configured, server, counted, verdict.countsAs) === 'recovered'
    )
      this.#tellHeld(configured, subject, cause);
    this.#rounds.mark(service, cause, server);
    this.#revision++;
    if (this.#rounds.running) void this.#rounds.plan('verdict');
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
    return [...this.#config.services.values()];
  }

  /** A live view. */
  get states(): RememberedStates {
    return this.#config.states;
  }

  /** A live view. */
  get serving(): RememberedServing {
    return this.#serving;
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
    const services = indexServices(model);
    const { unmanaged } = model.director;
    const steps = await this.#rounds.exclusive(() => this.#runner.preview(services, unmanaged));
    return { steps, refusedWithoutForce: this.objection(model) };
  }

  /** Draws the snapshot with counters at most 100 ms old; with the last known ones when the table cannot be read. */
  async status(): Promise<Snapshot> {
    const { observed, unreadable } = await this.#look();
    const { desired, drift } = this.#runner;
    const { services, states, ownership } = this.#config;
    const { failures, lastPlan } = this.#rounds;
    return buildSnapshot({
      frame: this.#options.frame(),
      revision: this.#revision,
      ready: this.#readiness(unreadable),
      services,
      desired,
      observed,
      verdicts: states.verdicts,
      overrides: states.overrides,
      drains: states.drains,
      maintenance: states.maintenance,
      leaving: ownership.leaving,
      failures,
      drift: drift.unrepaired,
      lastPlan,
    });
  }

  /** Whether the director does what its file says, with the reasons, as known without looking at the table. */
  readiness(): Snapshot['ready'] {
    return this.#readiness(this.#rounds.unreadable?.message ?? null);
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

  readonly #holdOver = (service: ServiceKey, server: ServerKey): void => {
    this.#released(service, server, 'it has been well for long enough');
  };

  #released(service: ServiceKey, server: ServerKey, message: string): void {
    const cause = this.#options.events.append({
      type: 'server-released',
      service: this.#config.ownership.services.get(service) ?? null,
      server: this.#config.server(service, server)?.name ?? server,
      message,
    });
    this.#rounds.mark(service, cause, server);
    this.#revision++;
    if (this.#rounds.running) void this.#rounds.plan('recovery');
  }

  #tellHeld({ key, name, recovery }: VirtualService, server: RealServer, cause: number): void {
    const hold = this.#serving.holds.get(key)?.get(server.key);
    if (hold === undefined) return;
    this.#options.events.append({
      type: 'server-held',
      service: name,
      server: server.name,
      message: heldReason(hold, recovery),
      cause,
    });
  }

  async #replan(servers: readonly ChangedServer[]): Promise<RoundResult> {
    for (const { service, server, cause } of servers) this.#rounds.mark(service, cause, server);
    this.#revision++;
    return this.#rounds.running ? this.#rounds.plan('drain') : { steps: [], failures: [] };
  }

  #readiness(unreadable: string | null): Snapshot['ready'] {
    const { failures, programmed } = this.#rounds;
    const { desired } = this.#runner;
    return computeReadiness({
      programmed,
      unreadable,
      failures,
      drift: this.#runner.drift.unrepaired,
      names: this.#config.ownership.services,
      desired,
    });
  }

  async #look(): Promise<{ readonly observed: ObservedTable; readonly unreadable: string | null }> {
    try {
      const observed = await this.#dumps.read(this.#runner.version);
      return { observed, unreadable: this.#rounds.unreadable?.message ?? null };
    } catch (thrown) {
      return { observed: this.#runner.believed, unreadable: `read the table: ${reasonOf(thrown)}` };
    }
  }
}
