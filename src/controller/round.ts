/**
 * One pass from what is wanted to what is there: look, plan, apply, remember. The reconciler decides when a
 * round runs and that only one does; this file must not set timers.
 */
import type { Clock } from '../base/clock.js';
import { DirectorError, reasonOf } from '../base/errors.js';
import {
  isTableStep,
  type AddressChange,
  type AddressListing,
  type AddressStep,
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
import { computeDesired } from './desired.js';
import type { Causes, DirtyServices } from './dirty-set.js';
import { DriftWatch } from './drift-watch.js';
import type { EventLog } from './event-log.js';
import { allKeys, computePlan, recountSteps, type PlanInputs } from './plan.js';
import { findLeavers, joinLeaving, updateLeaving, type Leaving, type LeavingInputs } from './leaving.js';
import { leaveEvents } from './drain-events.js';
import { needsFreshDump } from './risky-plan.js';
import type { RunningConfig } from './running-config.js';
import { stepEvents } from './step-events.js';
import type { SaveOwnership } from './ownership.js';
import { servingEvents } from './serving-events.js';
import { ServiceAddresses } from './service-addresses.js';
import { holdAddresses, withHeld, type HeldPlan } from './unlisted-addresses.js';

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

/** The table could not be read, so nothing was planned; the plane's error is the cause. */
export class TableError extends DirectorError {}

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
  readonly #addresses: ServiceAddresses;
  readonly #believed = new BelievedTable();
  readonly #desired = new Map<ServiceKey, DesiredService>();
  readonly #drift: DriftWatch;
  readonly #saveOwnership: SaveOwnership;
  readonly #clock: Clock;
  /** Services for which the last preview found something to do, since the last full dump. */
  #previewed: ReadonlySet<ServiceKey> = new Set();
  /** Why the addresses could not be listed the last time; null when they could. */
  #unlisted: Error | null = null;
  #version = 0;

  constructor({ dataplane, addresses, clock, events, config, saveOwnership }: RoundRunnerOptions) {
    this.#addresses = new ServiceAddresses(addresses, config.ownership);
    this.#saveOwnership = saveOwnership;
    this.#clock = clock;
    this.#dataplane = dataplane;
    this.#events = events;
    this.#config = config;
    this.#drift = new DriftWatch(clock);
  }

  /** A live view of the desired state as last planned. */
  get desired(): DesiredState {
    return this.#desired;
  }

  /** A live view of the table as believed. */
  get believed(): ObservedTable {
    return this.#believed.services;
  }

  /** Whether the server is in the table, or comes into it with the round that is under way. */
  mayHave(service: ServiceKey, server: ServerKey): boolean {
    const wanted = this.#desired.get(service)?.servers.some(({ key }) => key === server) === true;
    return wanted || this.believed.get(service)?.servers.has(server) === true;
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
    return this.#addresses.affected(change, this.#config.services);
  }

  /**
   * Runs one round.
   *
   * @param dirty services whose inputs changed, with the events behind it
   * @param failing services with a step that failed the last time: what differs there is no drift
   * Addresses that cannot be listed fail the services that need them, and keep nothing else from being done.
   *
   * @throws TableError when the table cannot be read; then nothing was changed
   */
  async run(
    scope: RoundScope,
    dirty: DirtyServices,
    failing: ReadonlyMap<ServiceKey, unknown>,
  ): Promise<RoundOutcome> {
    const causes = new Map(dirty);
    const adopted = [...this.#config.ownership.adopted].filter((key) => dirty.has(key));
    this.#updateDesired(dirty);
    if (scope.dump) {
      const fresh = await this.#observe();
      const listing = await this.#tryToListAddresses();
      const settled = [...this.#desired.values()].filter(({ key }) => !dirty.has(key) && !failing.has(key));
      for (const [key, cause] of this.#judgeDrift(fresh, listing, settled))
        causes.set(key, { service: cause, servers: new Map() });
      this.#believed.replaceAll(fresh, this.#leaves);
      this.#addresses.believe(listing, this.#config.services, this.#leaves);
      this.#previewed = new Set();
    } else {
      const unsure = [...this.#believed.stale, ...adopted].filter((key) => dirty.has(key));
      await this.#lookAgain([...unsure, ...this.#succeeding(dirty)]);
    }
    this.#adopt(adopted, causes);
    if (!scope.dump) await this.#lookAtAddresses(scope, dirty);
    const { steps: all, planned } = await this.#plan(scope, dirty);
    const held = this.#held(all, planned);
    const steps = held?.steps ?? all;
    // Before the steps: an entry that a crash leaves behind must be known as ours.
    this.#addresses.claim(steps, this.#config.services);
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
    const listing = await this.#listAddresses(services);
    this.#believed.replaceAll(fresh, this.#leaves);
    this.#addresses.believe(listing, this.#config.services, this.#leaves);
    const desired = computeDesired({ ...this.#config.desiredInputs(services), last: this.#desired });
    const { ownership } = this.#config;
    const owned = new Map(ownership.services);
    const adopted = [...services.keys()].filter((key) => !owned.has(key) || ownership.adopted.has(key));
    for (const { key, name } of services.values()) owned.set(key, name);
    const observed = this.believed;
    const leaving = this.#leaving({ adopted, services, desired });
    const steps = recountSteps(computePlan({ desired, observed, owned, unmanaged, leaving }), fresh);
    const all = around(steps, this.#addresses.plan(services, new Set(services.keys())));
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
    return this.#desired.get(key)?.exclusive === true ? 'always' : drift;
  }

  #updateDesired(dirty: DirtyServices): void {
    const inputs = { ...this.#config.desiredInputs(), last: this.#desired };
    const computed = computeDesired(inputs, dirty.keys());
    for (const [key, causes] of dirty) {
      const service = computed.get(key);
      if (service === undefined) this.#desired.delete(key);
      else this.#setDesired(service, causes);
    }
  }

  #setDesired(service: DesiredService, causes: Causes): void {
    const { key, name, servedAsNat } = service;
    const before = this.#desired.get(key)?.servedAsNat ?? null;
    this.#desired.set(key, service);
    this.#config.loads.slowStarts.decided(service);
    this.#tellServing(service, causes);
    if (servedAsNat === null || servedAsNat === before) return;
    const event = { type: 'served-as-nat', service: name, message: servedAsNat } as const;
    this.#events.append({ ...event, cause: causes.service });
  }

  /** What other servers do because of a change is owed to it, unless something about the service itself is. */
  #tellServing(desired: DesiredService, causes: Causes): void {
    const { services, serving } = this.#config;
    const service = services.get(desired.key);
    const before = serving.decided(desired.key, desired.serving);
    if (service === undefined) return;
    const told = servingEvents(service, before, desired, causes);
    this.#events.appendAll(told);
    if (told.length > 0) causes.service ??= this.#events.lastSeq;
  }

  async #observe(keys?: ReadonlySet<ServiceKey>): Promise<ObservedTable> {
    try {
      return await this.#dataplane.observe(keys);
    } catch (thrown) {
      throw tableError(`read the ${this.#dataplane.kind} table: ${reasonOf(thrown)}`, thrown);
    }
  }

  async #listAddresses(services: RunningConfig['services']): Promise<AddressListing | null> {
    try {
      return await this.#addresses.list(services);
    } catch (thrown) {
      throw tableError(reasonOf(thrown), thrown);
    }
  }

  /** Addresses change seldom: they are listed when something is to be done about them, or could not be listed before. */
  async #lookAtAddresses({ everything }: RoundScope, dirty: DirtyServices): Promise<void> {
    const { services } = this.#config;
    const planned = this.#plannable(everything, dirty);
    const blind = this.#unlisted !== null && this.#needing(planned).length > 0;
    if (!blind && this.#addresses.plan(services, planned).length === 0) return;
    this.#addresses.believe(await this.#tryToListAddresses(), services, this.#leaves);
  }

  /** @returns null when they cannot be listed, too */
  async #tryToListAddresses(): Promise<AddressListing | null> {
    try {
      const listing = await this.#addresses.list(this.#config.services);
      this.#unlisted = null;
      return listing;
    } catch (thrown) {
      this.#unlisted = thrown instanceof Error ? thrown : new Error(reasonOf(thrown));
      return null;
    }
  }

  #needing(planned: ReadonlySet<ServiceKey>): readonly ServiceKey[] {
    return [...planned].filter((key) => this.#addresses.needs(key, this.#config.services));
  }

  /** What is left of the plan while addresses cannot be listed; null when they can. */
  #held(steps: readonly PlannedStep[], planned: ReadonlySet<ServiceKey>): HeldPlan | null {
    if (this.#unlisted === null) return null;
    const stays = (key: ServiceKey): boolean => this.#config.services.has(key);
    return holdAddresses({ steps, cause: this.#unlisted, needing: this.#needing(planned), stays });
  }

  /** Services of one server that get another one now: whom somebody else has put there since must not stand beside it. */
  #succeeding(dirty: DirtyServices): readonly ServiceKey[] {
    return [...dirty.keys()].filter((key) => {
      const desired = this.#desired.get(key);
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
    const leaving = this.#leaving({ adopted, services, desired: this.#desired });
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
    if (dump) return { steps: this.#withAddresses(steps, planned), planned };
    if (!needsFreshDump(steps, this.believed, ownership.services, director.shrinkGuard)) {
      const all = this.#withAddresses(recount ? await this.#recounted(steps) : steps, planned);
      return { steps: all, planned };
    }
    this.#believed.replaceAll(await this.#observe(), this.#leaves);
    const again = keysNow();
    return { steps: this.#withAddresses(computePlan(this.#planInputs(), again), again), planned: again };
  }

  #withAddresses(steps: readonly Step[], planned: ReadonlySet<ServiceKey>): readonly PlannedStep[] {
    return around(steps, this.#addresses.plan(this.#config.services, planned));
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
    return new Set(keys.filter((key) => this.#desired.has(key) || !this.#config.services.has(key)));
  }

  #planInputs(observed = this.believed): PlanInputs {
    const { ownership, director } = this.#config;
    const { services: owned, leaving } = ownership;
    return { desired: this.#desired, observed, owned, unmanaged: director.unmanaged, leaving };
  }

  /**
   * Compares the services that nothing changed with the fresh table and list of addresses: what differs there was somebody else.
   *
   * @returns services to repair, each with its event
   */
  #judgeDrift(
    fresh: ObservedTable,
    listing: AddressListing | null,
    settled: readonly DesiredService[],
  ): ReadonlyMap<ServiceKey, number | null> {
    const repairs = new Map<ServiceKey, number | null>();
    const inputs = this.#planInputs(fresh);
    for (const { key, name } of settled) {
      const { services } = this.#config;
      const service = services.get(key);
      if (service === undefined) continue;
      const inTable = computePlan(inputs, [key]).filter((step) => !this.#isDraining(step));
      const steps = [...inTable, ...this.#addresses.missing(key, listing, services)];
      // of an address that nobody could look at nothing is known
      const blind = this.#unlisted !== null && this.#addresses.needs(key, services);
      if (steps.length === 0) {
        if (!blind) this.#drift.settled(key);
      } else {
        const { repair, tell } = this.#drift.found(key, this.#repairOf(service), steps);
        const isTold = tell !== null && !isProbe(service);
        const cause = isTold ? this.#events.append({ ...tell, service: name }) : null;
        if (repair) repairs.set(key, cause);
      }
    }
    return repairs;
  }

  /** Servers that leave change by our own doing. */
  #isDraining(step: Step): boolean {
    return (
      'server' in step &&
      (this.#config.ownership.leaving.get(step.service.key)?.has(step.server.key) ?? false)
    );
  }

  #remember(outcome: RoundOutcome, causes: DirtyServices, { dump }: RoundScope): void {
    if (outcome.steps.length > 0) this.#version++;
    this.#believed.acknowledge(outcome.applied.filter(isTableStep));
    this.#addresses.acknowledge(outcome.steps, outcome.applied, this.#config.services);
    for (const key of outcome.failedServices.keys()) this.#believed.markStale(key);
    this.#disownGone(dump ? [...this.#config.ownership.services.keys()] : outcome.planned);
    const listed = outcome.applied.filter(({ service }) => !isProbe(service));
    this.#events.appendAll(stepEvents(listed, this.#desired, causes));
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

/** Addresses go before the table is touched, and come behind it. */
function around(steps: readonly Step[], addresses: readonly AddressStep[]): readonly PlannedStep[] {
  const first = addresses.filter(({ phase }) => phase === 0);
  const last = addresses.filter(({ phase }) => phase !== 0);
  return [...first, ...steps, ...last];
}

function tableError(message: string, cause: unknown): TableError {
  return new TableError(message, { code: 'ERR_TABLE_UNREADABLE', details: {}, retryable: true, cause });
}
