/**
 * One virtual service of the userspace table: its servers, its scheduler and its choices. Knows no socket;
 * every engine asks the same object.
 */
import type { PersistenceTable } from '../../../schedulers/persistence.js';
import type { Flow } from '../../../schedulers/types.js';
import type { Clock } from '../../base/clock.js';
import type { TableServer, TableService } from '../../model/desired-state.js';
import type { ServerKey, ServiceKey } from '../../model/keys.js';
import type { LostFlows } from '../../model/virtual-service.js';
import type { ObservedServer, ObservedService } from '../types.js';
import type { FlowScheduler } from './engine.js';
import type { FlowTable } from './flow-table.js';
import { policyChanged, serverFound, serverLost } from './lost-flows.js';
import { ProxyServer } from './proxy-server.js';
import { chooseAgain } from './retry.js';
import type { SchedulerRecipe, WorkingScheduler } from './scheduler-source.js';
import type { ServerTrash } from './server-trash.js';
import { preparePersistence } from './service-persistence.js';
import { TcpConnection, type ConnectionOwner } from './tcp-connection.js';
import { TemplateHold } from './template-hold.js';
import type { ServiceTally, TrackedFlow } from './tracked-flow.js';
import { UdpFlow, type UdpFlowOwner } from './udp-flow.js';

/** What all services of a plane share. */
export interface ServiceContext {
  readonly clock: Clock;
  readonly flows: FlowTable;
  readonly trash: ServerTrash;
  /** A scheduler with faults has made way for another one. */
  faultyReplaced(service: ServiceKey): void;
  /** How long an orderly closed connection counts as inactive now, ms. */
  finRememberedMs(): number;
}

/** One choice, and the hold on the template that made it or was made by it. */
interface Assignment {
  readonly server: ProxyServer;
  readonly template: TemplateHold | null;
}

/** Retries where the settings name none. */
const DEFAULT_RETRIES = 1;

export class ProxyService implements FlowScheduler, ConnectionOwner, UdpFlowOwner {
  readonly key: ServiceKey;
  readonly tally: ServiceTally = {
    connections: 0,
    bytesIn: 0,
    bytesOut: 0,
    refused: 0,
    retries: 0,
    fallbacks: 0,
  };
  #definition: TableService;
  #recipe: SchedulerRecipe;
  #working: WorkingScheduler;
  #persistence: PersistenceTable<ProxyServer> | null;
  /** Newest first, as the kernel keeps them. */
  readonly #servers: ProxyServer[] = [];
  readonly #byKey = new Map<ServerKey, ProxyServer>();
  readonly #context: ServiceContext;
  #expiredSecond = -1;

  /** @throws the scheduler's own error when the recipe cannot be made */
  constructor(definition: TableService, recipe: SchedulerRecipe, context: ServiceContext) {
    this.key = definition.key;
    this.#definition = definition;
    this.#recipe = recipe;
    this.#working = recipe.create(definition.key);
    this.#persistence = preparePersistence(definition, null)([]);
    this.#context = context;
  }

  get definition(): TableService {
    return this.#definition;
  }

  get onePacket(): boolean {
    return this.#definition.settings.onePacket;
  }

  get finRememberedMs(): number {
    return this.#context.finRememberedMs();
  }

  nowMs(): number {
    return this.#context.clock.nowMs();
  }

  /**
   * Prepares a change of settings in place. The scheduler keeps its state unless its recipe differs; a new one
   * is bound to the list as it is when the change is made.
   *
   * @returns makes the change
   * @throws the scheduler's own error, and then nothing has changed
   */
  prepareEdit(definition: TableService, recipe: SchedulerRecipe): () => void {
    const replace = this.#prepareRecipe(recipe);
    const persistence = preparePersistence(definition, this.#persistence);
    return () => {
      this.#persistence = persistence(this.#servers);
      const before = this.#lostFlows;
      this.#definition = definition;
      policyChanged(this.#context.flows, before, this.#lostFlows, this.key);
      replace?.();
    };
  }

  /** Adds a server at the head of the list, revived with its counts if something remembers it; sets it if it is there. */
  addServer(definition: TableServer): void {
    if (this.editServer(definition)) return;
    const revived = this.#context.trash.take(this.key, definition.key);
    if (revived !== null && this.#lostFlows === 'drop')
      serverFound(this.#context.flows, this.key, definition.key);
    const server = revived ?? new ProxyServer(definition);
    server.expireCounts(this.nowMs());
    // Statistics belong to the service object: they go on only if it is the same one.
    if (server.lastService !== this) server.resetCounters();
    server.define(definition);
    server.lastWeight = definition.weight;
    server.linkedTo = this.key;
    server.lastService = this;
    this.#servers.unshift(server);
    this.#byKey.set(server.key, server);
    this.#working.scheduler.added(server);
    this.#persistence?.serverAdded(server);
  }

  /** @returns false when there is no such server */
  editServer(definition: TableServer): boolean {
    const server = this.#byKey.get(definition.key);
    if (server === undefined) return false;
    server.define(definition);
    this.#working.scheduler.edited(server);
    return true;
  }

  /** Unlinks a server; its connections go the way that the service wants. Harmless when it is gone. */
  removeServer(key: ServerKey): void {
    const server = this.#byKey.get(key);
    if (server === undefined) return;
    this.#byKey.delete(key);
    this.#servers.splice(this.#servers.indexOf(server), 1);
    server.linkedTo = null;
    this.#working.scheduler.removed(server);
    this.#persistence?.serverRemoved(server);
    server.expireCounts(this.nowMs());
    this.#context.trash.put(this.key, server);
    if (!server.idle) serverLost(this.#context.flows, this.#lostFlows, this.key, key);
  }

  removeAllServers(): void {
    for (const server of [...this.#servers]) this.removeServer(server.key);
  }

  openConnection(flow: Flow): TcpConnection | null {
    const choice = this.#choose(flow);
    if (choice === null) return null;
    const connection = new TcpConnection(this, flow, choice.server, choice.template);
    this.#context.flows.add(connection);
    return connection;
  }

  openSession(flow: Flow): UdpFlow | null {
    const choice = this.#choose(flow);
    if (choice === null) return null;
    const session = new UdpFlow(this, 'session', flow, choice.server, choice.template);
    this.#context.flows.add(session);
    return session;
  }

  chooseForDatagram(flow: Flow): ProxyServer | null {
    const choice = this.#choose(flow);
    if (choice === null) return null;
    this.tally.connections++;
    choice.server.sessionOpened();
    choice.server.sessionClosed();
    choice.template?.release(this.nowMs());
    return choice.server;
  }

  openReplyPath(flow: Flow, server: ProxyServer): UdpFlow {
    const path = new UdpFlow(this, 'one-packet', flow, server, null);
    this.#context.flows.add(path);
    return path;
  }

  turnedAway(): void {
    this.tally.refused++;
  }

  reassign(flow: Flow, refused: readonly ProxyServer[]): ProxyServer | null {
    const retries = this.#definition.settings.retries ?? DEFAULT_RETRIES;
    if (refused.length > retries) return null;
    const choice = chooseAgain({
      scheduler: this.#working.scheduler,
      schedulerName: this.#definition.settings.scheduler,
      servers: this.#servers,
      refused,
      flow,
      nowMs: this.nowMs(),
    });
    if (choice === null) return null;
    this.tally.retries++;
    if (choice.fallback) this.tally.fallbacks++;
    return choice.server;
  }

  forget(flow: TrackedFlow): void {
    this.#context.flows.delete(flow);
  }

  observe(): ObservedService {
    const nowMs = this.nowMs();
    this.#persistence?.expire(nowMs);
    const faults = this.#working.faults();
    const templates = this.#persistence?.countByServer();
    const persistent = (server: ProxyServer): number => templates?.get(server) ?? 0;
    return {
      ...this.#definition,
      ...(faults.length === 0 ? {} : { faults }),
      servers: observeAll(this.#servers, nowMs, persistent),
      removed: observeAll(this.#context.trash.of(this.key), nowMs, persistent),
      counters: { ...this.tally },
    };
  }

  get #lostFlows(): LostFlows {
    return this.#definition.settings.lostFlows ?? 'keep';
  }

  /** As `prepareEdit`, for the scheduler alone; null when it would be the same. */
  #prepareRecipe(recipe: SchedulerRecipe): (() => void) | null {
    if (recipe.identity === this.#recipe.identity) return null;
    const working = recipe.create(this.key);
    return () => {
      // Told first: binding the new one may bring faults of its own.
      if (this.#working.faults().length > 0) this.#context.faultyReplaced(this.key);
      if (this.#servers.length > 0) bindScheduler(working.scheduler, this.#servers);
      this.#working = working;
      this.#recipe = recipe;
    };
  }

  #choose(flow: Flow): Assignment | null {
    const nowMs = this.nowMs();
    this.#expire(nowMs);
    const choice =
      this.#persistence === null
        ? this.#pick(flow, nowMs)
        : this.#pickPersistent(this.#persistence, flow, nowMs);
    if (choice === null) this.turnedAway();
    return choice;
  }

  #pick(flow: Flow, nowMs: number): Assignment | null {
    const server = this.#working.scheduler.pick(flow, nowMs) as ProxyServer | null;
    return server === null ? null : { server, template: null };
  }

  #pickPersistent(table: PersistenceTable<ProxyServer>, flow: Flow, nowMs: number): Assignment | null {
    const template = table.acquire(flow, nowMs, () => {
      const server = this.#working.scheduler.pick(flow, nowMs) as ProxyServer | null;
      server?.templateBound();
      return server;
    });
    return template === null
      ? null
      : { server: template.server, template: new TemplateHold(table, template) };
  }

  // Counts change with time by whole seconds, so one look a second at every server is exact.
  #expire(nowMs: number): void {
    const second = Math.floor(nowMs / 1000);
    if (second === this.#expiredSecond) return;
    this.#expiredSecond = second;
    for (const server of this.#servers) server.expireCounts(nowMs);
  }
}

function observeAll(
  servers: Iterable<ProxyServer>,
  nowMs: number,
  persistentConnections: (server: ProxyServer) => number,
): ReadonlyMap<ServerKey, ObservedServer> {
  const observed = new Map<ServerKey, ObservedServer>();
  for (const server of servers) {
    server.expireCounts(nowMs);
    observed.set(server.key, server.observe(persistentConnections(server)));
  }
  return observed;
}

function bindScheduler(scheduler: WorkingScheduler['scheduler'], newestFirst: readonly ProxyServer[]): void {
  if (scheduler.bind !== undefined) scheduler.bind(newestFirst);
  else for (const server of [...newestFirst].reverse()) scheduler.added(server);
}
