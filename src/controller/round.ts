/**
 * One pass from what is wanted to what is there: look, plan, apply, remember. The reconciler decides when a
 * round runs and that only one does; this file must not set timers.
 */
import type { Clock } from '../base/clock.js';
import { reasonOf } from '../base/errors.js';
import {
  isTableStep,
  type AddressChange,
  type AddressListing,
  type AddressTable,
  type PlannedStep,
} from '../dataplane/address-table.js';
import type { Dataplane, ObservedTable, Step } from '../dataplane/types.js';
import { compareServices } from '../model/compare-services.js';
import type { DesiredService, DesiredState } from '../model/desired-state.js';
import type { ServerKey, ServiceKey } from '../model/keys.js';
import { isProbe } from '../model/probe-service.js';
import type { DriftPolicy, VirtualService } from '../model/virtual-service.js';
import { applyPlan, type ApplyOutcome } from './apply.js';
import { BelievedTable } from './believed-table.js';
import { CurrentDesired } from './current-desired.js';
import { computeDesired } from './desired.js';
import type { DirtyServices } from './dirty-set.js';
import { DriftWatch } from './drift-watch.js';
import type { EventLog } from './event-log.js';
import { judgeDrift } from './judge-drift.js';
import { KnownAddresses } from './known-addresses.js';
import { allKeys, computePlan, recountSteps, type PlanInputs } from './plan.js';
import { findLeavers, joinLeaving, updateLeaving, type Leaving, type LeavingInputs } from './leaving.js';
import { leaveEvents } from './drain-events.js';
import { needsFreshDump } from './risky-plan.js';
import type { RunningConfig } from './running-config.js';
import { stepEvents } from './step-events.js';
import type { SaveOwnership } from './ownership.js';
import { TableError } from './table-error.js';
import { withHeld } from './unlisted-addresses.js';

/** How far a round looks. */
export interface RoundScope {
  /** Every service of either side is planned, not only those that are marked. */
  readonly everything: boolean;
  /** The whole table is dumped first. */
  readonly dump: boolean;
  /** The steps are for people to read: the connections that they touch are counted now. */
  readonly recount: boolean;
}

/** What a round did. */
export interface RoundOutcome extends ApplyOutcome {
  readonly steps: readonly PlannedStep[];
  /** Services that were planned. */
  readonly planned: ReadonlySet<ServiceKey>;
}

export interface RoundRunnerOptions {
  readonly dataplane: Dataplane;
  /** null where services have no addresses of lvsd's. */
  readonly addresses: AddressTable | null;
  readonly clock: Clock;
  readonly events: EventLog;
  readonly config: RunningConfig;
  /** Called before the steps of a round that changed what is owned, and after them. */
  readonly saveOwnership: SaveOwnership;
}

/** Remembers the table and the desired state from one round to the next. Its rounds must not overlap. */
export class RoundRunner {
  readonly #dataplane: Dataplane;
  readonly #events: EventLog;
  readonly #config: RunningConfig;
  readonly #addresses: KnownAddresses;
  readonly #believed = new BelievedTable();
  readonly #desired: CurrentDesired;
  readonly #drift: DriftWatch;
  readonly #saveOwnership: SaveOwnership;
  readonly #clock: Clock;
  /** Services for which the last preview found something to do, since the last full dump. */
  #previewed: ReadonlySet<ServiceKey> = new Set();
  #version = 0;

  constructor({ dataplane, addresses, clock, events, config, saveOwnership }: RoundRunnerOptions) {
    this.#addresses = new KnownAddresses(addresses, config, this.#leaves);
    this.#saveOwnership = saveOwnership;
    this.#clock = clock;
    this.#dataplane = dataplane;
    this.#events = events;
    this.#config = config;
    this.#drift = new DriftWatch(clock);
    this.#desired = new CurrentDesired({ config, events });
  }

  /** A live view of the desired state as last planned. */
  get desired(): DesiredState {
    return this.#desired.services;
  }

  /** A live view of the table as believed. */
  get believed(): ObservedTable {
    return this.#believed.services;
  }

  /** Whether the server is in the table, or comes into it with the round that is under way. */
  mayHave(service: ServiceKey, server: ServerKey): boolean {
    return this.#desired.wants(service, server) || this.believed.get(service)?.servers.has(server) === true;
  }

  /** Services that are not known to be as they ought to be, whatever a new configuration says of them. */
  get unsettled(): ReadonlySet<ServiceKey> {
    return new Set([...this.#believed.stale, ...this.#drift.unrepaired.keys(), ...this.#previewed]);
  }

  /** Rises with every round that changed the table. */
  get version(): number {
    return this.#version;
  }

  get drift(): DriftWatch {
    return this.#drift;
  }

  /** Services whose addresses such a change concerns. */
  concernedBy(change: AddressChange): readonly ServiceKey[] {
    return this.#addresses.affected(change);
  }

  /**
   * Runs one round.
   *
   * Addresses that cannot be listed fail the services that need them, and keep nothing else from being done.
   *
   * @param dirty services whose inputs changed, with the events behind it
   * @param failing services with a step that failed the last time: what differs there is no drift
   * @throws TableError when the table cannot be read; then nothing was changed
   */
  async run(
    scope: RoundScope,
    dirty: DirtyServices,
    failing: ReadonlyMap<ServiceKey, unknown>,
  ): Promise<RoundOutcome> {
    const causes = new Map(dirty);
    const adopted = [...this.#config.ownership.adopted].filter((key) => dirty.has(key));
    this.#desired.update(dirty);
    if (scope.dump) {
      const fresh = await this.#observe();
      const listing = await this.#addresses.list();
      const settled = [...this.desired.values()].filter(({ key }) => !dirty.has(key) && !failing.has(key));
      for (const [key, cause] of this.#judgeDrift(settled, fresh, listing))
        causes.set(key, { service: cause, servers: new Map() });
      this.#believed.replaceAll(fresh, this.#leaves);
      this.#addresses.believe(listing);
      this.#previewed = new Set();
    } else {
      const unsure = [...this.#believed.stale, ...adopted].filter((key) => dirty.has(key));
      await this.#lookAgain([...unsure, ...this.#succeeding(dirty)]);
    }
    this.#adopt(adopted, causes);
    if (!scope.dump) await this.#addresses.lookIfNeeded(this.#plannable(scope.everything, dirty));
    const { steps: all, planned } = await this.#plan(scope, dirty);
    const held = this.#addresses.hold(all, planned);
    const steps = held?.steps ?? all;
    // Before the steps: an entry that a crash leaves behind must be known as ours.
    this.#addresses.claim(steps);
    await this.#keepOwnership();
    const outcome = { ...(await applyPlan(this.#dataplane, steps, this.#addresses.table)), steps, planned };
    this.#remember(outcome, causes, scope);
    await this.#keepOwnership();
    return held === null ? outcome : { ...withHeld(outcome, held), steps: all, planned };
  }

  /**
   * Computes the steps that accepting these services would run now, from a fresh dump.
   *
   * Changes nothing in the table. The dump is believed from then on, so that the very same steps are run.
   *
   * @throws TableError when the table cannot be read
   */
  async preview(
    services: RunningConfig['services'],
    unmanaged: PlanInputs['unmanaged'],
  ): Promise<readonly PlannedStep[]> {
    const fresh = await this.#observe();
    const listing = await this.#addresses.listFor(services);
    this.#believed.replaceAll(fresh, this.#leaves);
    this.#addresses.believe(listing);
    const desired = computeDesired({ ...this.#config.desiredInputs(services), last: this.desired });
    const { ownership } = this.#config;
    const owned = new Map(ownership.services);
    const adopted = [...services.keys()].filter((key) => !owned.has(key) || ownership.adopted.has(key));
    for (const { key, name } of services.values()) owned.set(key, name);
    const observed = this.believed;
    const leaving = this.#leaving({ adopted, services, desired });
    const steps = recountSteps(computePlan({ desired, observed, owned, unmanaged, leaving }), fresh);
    const all = this.#addresses.around(steps, new Set(services.keys()), services);
    this.#previewed = new Set(all.map(({ service }) => service.key));
    return all;
  }

  /**
   * Reads services for who wants to know what is left on their servers. Of what it finds the counts are remembered.
   *
   * @throws TableError when the table cannot be read
   */
  async look(keys: ReadonlySet<ServiceKey>): Promise<ObservedTable> {
    const fresh = await this.#observe(keys);
    this.#believed.recount(keys, fresh);
    return fresh;
  }

  readonly #leaves = (key: ServiceKey): boolean => {
    const service = this.#config.services.get(key);
    return service !== undefined && this.#drift.leaves(key, this.#repairOf(service));
  };

  /** Whom somebody else puts beside the one server that a service may have would take writes, too. */
  #repairOf({ key, drift }: Pick<VirtualService, 'key' | 'drift'>): DriftPolicy | 'always' {
    return this.desired.get(key)?.exclusive === true ? 'always' : drift;
  }

  async #observe(keys?: ReadonlySet<ServiceKey>): Promise<ObservedTable> {
    try {
      return await this.#dataplane.observe(keys);
    } catch (thrown) {
      throw new TableError(`read the ${this.#dataplane.kind} table: ${reasonOf(thrown)}`, thrown);
    }
  }

  /** Services of one server that get another one now: whom somebody else has put there since must not stand beside it. */
  #succeeding(dirty: DirtyServices): readonly ServiceKey[] {
    return [...dirty.keys()].filter((key) => {
      const desired = this.desired.get(key);
      if (desired?.exclusive !== true) return false;
      const servers = this.believed.get(key)?.servers;
      return desired.servers.some(({ key: server, weight }) => {
        return weight > 0 && (servers?.get(server)?.weight ?? 0) === 0;
      });
    });
  }

  /** Dumps services whose remembered entry may be wrong, or that were not ours so far. */
  async #lookAgain(unsure: readonly ServiceKey[]): Promise<void> {
    if (unsure.length === 0) return;
    const keys = new Set(unsure);
    this.#believed.replaceSome(keys, await this.#observe(keys));
  }

  #adopt(adopted: readonly ServiceKey[], causes: DirtyServices): void {
    const { services, ownership } = this.#config;
    const known = ownership.leaving;
    const leaving = this.#leaving({ adopted, services, desired: this.desired });
    ownership.seen([...adopted, ...ownership.recalled], leaving);
    const listed = new Map([...leaving].filter(([key]) => this.#isListed(key)));
    this.#events.appendAll(leaveEvents(known, listed, this.believed, causes));
  }

  /** Probes' services are known by the names under which they are owned, in the table they have none. */
  #isListed(key: ServiceKey): boolean {
    const name = this.#config.ownership.services.get(key);
    return name === undefined || !isProbe({ name });
  }

  /** Who leaves the services by now, or would if these were accepted. */
  #leaving(about: Pick<LeavingInputs, 'adopted' | 'services' | 'desired'>): Leaving {
    const { services: before, states, ownership } = this.#config;
    const wallMs = this.#clock.wallMs();
    const edited = before === about.services ? [] : editedServices(before, about.services);
    const leavers = findLeavers(edited, states.drains, wallMs);
    const known = joinLeaving(ownership.leaving, leavers);
    const { recalled } = ownership;
    return updateLeaving({ ...about, known, recalled, observed: this.believed, wallMs });
  }

  async #keepOwnership(): Promise<void> {
    const { ownership } = this.#config;
    if (ownership.takeChange()) await this.#saveOwnership(ownership.lasting);
  }

  async #plan(
    { everything, dump, recount }: RoundScope,
    dirty: DirtyServices,
  ): Promise<{ readonly steps: readonly PlannedStep[]; readonly planned: ReadonlySet<ServiceKey> }> {
    const keysNow = (): ReadonlySet<ServiceKey> => this.#plannable(everything, dirty);
    const planned = keysNow();
    const steps = computePlan(this.#planInputs(), planned);
    const { ownership, director } = this.#config;
    if (dump) return { steps: this.#addresses.around(steps, planned), planned };
    if (!needsFreshDump(steps, this.believed, ownership.services, director.shrinkGuard)) {
      const all = this.#addresses.around(recount ? await this.#recounted(steps) : steps, planned);
      return { steps: all, planned };
    }
    this.#believed.replaceAll(await this.#observe(), this.#leaves);
    const again = keysNow();
    return { steps: this.#addresses.around(computePlan(this.#planInputs(), again), again), planned: again };
  }

  /** The remembered counts may be as old as the last resync; the services that change are looked at for them. */
  async #recounted(steps: readonly Step[]): Promise<readonly Step[]> {
    const counted = steps.filter((step) => 'liveConnections' in step).map(({ service }) => service.key);
    return counted.length === 0 ? steps : recountSteps(steps, await this.#observe(new Set(counted)));
  }

  /**
   * Services that this round may touch. One that was accepted while the round was under way is in nobody's
   * desired state yet: left out, or its entry would be taken for a leftover and deleted.
   */
  #plannable(everything: boolean, dirty: DirtyServices): ReadonlySet<ServiceKey> {
    const keys = everything ? [...allKeys(this.#planInputs()), ...dirty.keys()] : [...dirty.keys()];
    return new Set(keys.filter((key) => this.desired.has(key) || !this.#config.services.has(key)));
  }

  #planInputs(observed = this.believed): PlanInputs {
    const { ownership, director } = this.#config;
    const { services: owned, leaving } = ownership;
    return { desired: this.desired, observed, owned, unmanaged: director.unmanaged, leaving };
  }

  #judgeDrift(settled: readonly DesiredService[], fresh: ObservedTable, listing: AddressListing | null) {
    const { services } = this.#config;
    return judgeDrift({
      settled,
      plan: this.#planInputs(fresh),
      listing,
      addresses: this.#addresses,
      services,
      policyOf: (service) => this.#repairOf(service),
      drift: this.#drift,
      events: this.#events,
    });
  }

  #remember(outcome: RoundOutcome, causes: DirtyServices, { dump }: RoundScope): void {
    if (outcome.steps.length > 0) this.#version++;
    this.#believed.acknowledge(outcome.applied.filter(isTableStep));
    this.#addresses.acknowledge(outcome.steps, outcome.applied);
    for (const key of outcome.failedServices.keys()) this.#believed.markStale(key);
    this.#disownGone(dump ? [...this.#config.ownership.services.keys()] : outcome.planned);
    const listed = outcome.applied.filter(({ service }) => !isProbe(service));
    this.#events.appendAll(stepEvents(listed, this.desired, causes));
  }

  /** What left the file and is not in the table either is nobody's: another may make it anew. */
  #disownGone(keys: Iterable<ServiceKey>): void {
    const { services, ownership } = this.#config;
    for (const key of keys) if (!services.has(key) && !this.believed.has(key)) ownership.disown(key);
  }
}

function editedServices(before: RunningConfig['services'], after: RunningConfig['services']) {
  return compareServices([...before.values()], [...after.values()]).edited;
}
