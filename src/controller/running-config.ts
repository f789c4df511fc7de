/** The accepted configuration and what has been set on top of it: everything that the desired state is made of. */
import type { Dataplane } from '../dataplane/types.js';
import { compareServices } from '../model/compare-services.js';
import type { DirectorSettings, Model } from '../model/director.js';
import type { ServerKey, ServiceKey } from '../model/keys.js';
import type { RealServer } from '../model/real-server.js';
import type { VirtualService } from '../model/virtual-service.js';
import type { DesiredInputs } from './desired.js';
import { findLeavers } from './leaving.js';
import { movedServices } from './moved-services.js';
import { Ownership, type OwnedTable } from './ownership.js';
import { Probes, type ProbeChange, type ProbeMarks } from './probes.js';
import type { ServerLoads } from './server-loads.js';
import { ServerStates, type RememberedStates } from './server-states.js';
import type { ServicesChange } from './services-change.js';
import type { ServingState } from './serving-state.js';

/** What outlived an earlier process. */
export interface Before {
  readonly owned?: OwnedTable;
  readonly states?: Partial<RememberedStates>;
  /** Who gives probe services their marks; default: there are none. */
  readonly probes?: ProbeMarks;
}

/** One configuration at a time; replaced as a whole, in one turn. */
export class RunningConfig {
  /** Verdicts and operators' weights; they outlive a reload for servers that stay in the file. */
  readonly states: ServerStates;
  readonly ownership: Ownership;
  /** Something that an operator set was remembered for a server that the first configuration has not, or has elsewhere. */
  readonly forgotten: boolean;
  /** What the decisions who serves remember; it follows the configuration. */
  readonly serving: ServingState;
  readonly probes: Probes;
  /** What makes weights others than the file's for a while; it follows the configuration. */
  readonly loads: ServerLoads;
  readonly #plane: Dataplane['kind'];
  /** By key, made when the first check of a service speaks: each of thousands asks for its server. */
  readonly #servers = new WeakMap<VirtualService, ReadonlyMap<ServerKey, RealServer>>();
  #model: Model;
  #listed: ReadonlyMap<ServiceKey, VirtualService>;
  #services: Map<ServiceKey, VirtualService>;

  constructor(
    model: Model,
    plane: Dataplane['kind'],
    serving: ServingState,
    loads: ServerLoads,
    before: Before = {},
  ) {
    this.ownership = new Ownership(before.owned);
    this.states = new ServerStates(before.states);
    this.#model = model;
    this.#plane = plane;
    this.probes = new Probes(before.probes ?? null);
    this.#listed = indexServices(model);
    this.#services = this.#withProbes();
    this.serving = serving;
    this.loads = loads;
    const changed = [...this.#listed.values()];
    this.forgotten = this.#follow(
      { services: this.#listed, before: undefined, changed },
      this.#services.values(),
    );
  }

  get model(): Model {
    return this.#model;
  }

  get director(): DirectorSettings {
    return this.#model.director;
  }

  /** In the order of the file, then those that probes go through: what is planned. */
  get services(): ReadonlyMap<ServiceKey, VirtualService> {
    return this.#services;
  }

  /** Those of the file, in its order: what people hear of. */
  get listed(): ReadonlyMap<ServiceKey, VirtualService> {
    return this.#listed;
  }

  server(service: ServiceKey, server: ServerKey): RealServer | undefined {
    const found = this.#services.get(service);
    if (found === undefined) return undefined;
    const servers = this.#servers.get(found) ?? new Map(found.servers.map((each) => [each.key, each]));
    this.#servers.set(found, servers);
    return servers.get(server);
  }

  /** Takes the place of the running configuration. @param wallMs now */
  replace(model: Model, wallMs: number): Replaced {
    const before = this.#listed;
    const probes = this.probes.services;
    const { gone, come, edited } = compareServices(this.#model.services, model.services);
    this.#listed = sameKeys(this.#model.services, model.services)
      ? withEdited(this.#listed, edited)
      : indexServices(model);
    this.#model = model;
    this.#services = this.#withProbes();
    const ofProbes = compareServices(probes, this.probes.services);
    const fresh = new Set([...come, ...edited.map(({ after }) => after)]);
    const next = model.services.filter((service) => fresh.has(service));
    const shown = [...ofProbes.gone, ...ofProbes.come, ...ofProbes.edited.map(({ after }) => after)];
    const keys = [...next, ...gone, ...shown].map(({ key }) => key);
    this.ownership.leave(findLeavers(edited, this.states.drains, wallMs));
    // What a probe's service and one of the file have for each other's key is another object, too.
    const others = keys.map((key) => this.#services.get(key)).filter((one) => one !== undefined);
    const forgotten = this.#follow({ services: this.#listed, before, changed: next }, new Set(others));
    return { forgotten, changed: new Set(keys) };
  }

  /**
   * @param owned those of the change, and probes' services that may be new
   * @returns whether something that an operator set was forgotten, or is about another service from now on
   */
  #follow(step: Omit<ServicesChange, 'movedFrom'>, owned: Iterable<VirtualService>): boolean {
    const { services, before, changed } = step;
    // Before the new services are owned: at a start their old keys are known by what is owned.
    const moves = movedServices(before ?? this.#ownedByName(), changed, services);
    const moved = this.#moveFacts(moves);
    const change = { ...step, movedFrom: new Map([...moves].map(([from, to]) => [to, from])) };
    this.ownership.own(owned);
    this.serving.follow(change, this.states.verdicts);
    this.loads.follow(change);
    const forgotten = this.states.prune(change);
    this.#goOnWithMaintenance();
    return forgotten || moved;
  }

  /** Marks have been found, or probing has ended. @returns services that came or went */
  followProbes(): readonly ServiceKey[] {
    const before = this.#services;
    this.#services = this.#withProbes();
    this.ownership.own(this.#services.values());
    const keys = new Set([...before.keys(), ...this.#services.keys()]);
    return [...keys].filter((key) => before.get(key) !== this.#services.get(key));
  }

  /** In place: that others take turns must not cost as much as a new configuration. */
  changeProbes({ gone, come }: ProbeChange): void {
    for (const key of gone) if (!this.#listed.has(key)) this.#services.delete(key);
    for (const service of come) this.#services.set(service.key, service);
    this.ownership.own(come);
  }

  /** What a configuration would have for its services and their probes. */
  servicesOf(model: Model): ReadonlyMap<ServiceKey, VirtualService> {
    return this.#probesBehind(indexServices(model));
  }

  #withProbes(): Map<ServiceKey, VirtualService> {
    this.probes.follow(this.#listed.values(), this.#model.director.probe.max);
    this.ownership.reserve(this.probes.reserved);
    return this.#probesBehind(this.#listed);
  }

  /** A service of the file wins over a probe's with the same mark, which gets another one. */
  #probesBehind(listed: ReadonlyMap<ServiceKey, VirtualService>): Map<ServiceKey, VirtualService> {
    const services = new Map(listed);
    for (const service of this.probes.services)
      if (!services.has(service.key)) services.set(service.key, service);
    return services;
  }

  #moveFacts(moves: ReadonlyMap<ServiceKey, ServiceKey>): boolean {
    let moved = false;
    for (const [from, to] of moves) {
      const isChecked = (this.#services.get(to)?.checks.length ?? 0) > 0;
      moved = this.states.move(from, to, isChecked) || moved;
      this.serving.move(from, to);
      this.loads.move(from, to);
    }
    return moved;
  }

  #ownedByName(): ReadonlyMap<ServiceKey, Pick<VirtualService, 'name'>> {
    return new Map([...this.ownership.services].map(([key, name]) => [key, { name }]));
  }

  /** A server in maintenance that comes back into the file while it drains is not to lose its connections for that. */
  #goOnWithMaintenance(): void {
    const { maintenance, drains } = this.states;
    for (const [service, leavers] of this.ownership.leaving)
      for (const [server, { sinceMs, deadlineMs }] of leavers) {
        const order = maintenance.get(service)?.get(server);
        if (order === undefined || drains.get(service)?.has(server) === true) continue;
        if (!this.#listed.has(service) || this.server(service, server) === undefined) continue;
        const drain = { by: order.by, sinceMs, deadlineMs, purpose: 'maintenance', end: null } as const;
        this.states.setDrain(service, server, drain);
      }
  }

  /** What the desired state is computed from. @param services default: the accepted ones */
  desiredInputs(services: ReadonlyMap<ServiceKey, VirtualService> = this.#services): DesiredInputs {
    const { verdicts, overrides, drains, maintenance } = this.states;
    const { holds, decisions: serving } = this.serving;
    const facts = { verdicts, overrides, holds, drains, maintenance };
    const { agents, slowStarts } = this.loads;
    return { services, ...facts, agents, slowStarts: slowStarts.shares, serving, plane: this.#plane };
  }
}

/** What a new configuration changed. */
export interface Replaced {
  /** Something that an operator set was forgotten, as its server is not in the file any more, or is about another service. */
  readonly forgotten: boolean;
  /** Services that came or are other objects than before, in the order of the file, those that went, and those of probes. */
  readonly changed: ReadonlySet<ServiceKey>;
}

/** A copy: who holds the services of before is not to see them change. */
function withEdited(
  services: ReadonlyMap<ServiceKey, VirtualService>,
  edited: readonly { readonly after: VirtualService }[],
): ReadonlyMap<ServiceKey, VirtualService> {
  const copy = new Map(services);
  for (const { after } of edited) copy.set(after.key, after);
  return copy;
}

function sameKeys(one: readonly VirtualService[], other: readonly VirtualService[]): boolean {
  return (
    one.length === other.length &&
    one.every((service, at) => service === other[at] || service.key === other[at]?.key)
  );
}

/** Services by key, in the order of the file. */
export function indexServices(model: Model): ReadonlyMap<ServiceKey, VirtualService> {
  return new Map(model.services.map((service) => [service.key, service]));
}
