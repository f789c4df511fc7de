/**
 * Servers that are taken out of service by an operator or by the file: the orders, and what becomes of them.
 *
 *   drain, maintenance on ──► draining (weight 0) ──idle, deadline──► out ──undrain, maintenance off──► serves
 *   left the file ──────────► draining (weight 0) ──idle, deadline──► deleted
 *
 * An order is a fact that the desired state is made of; nothing here touches the table.
 */
import type { Clock } from '../base/clock.js';
import type { ObservedTable } from '../dataplane/types.js';
import type { DrainCounts, DrainEnd, DrainOrder, DrainStatus, MaintenanceOrder } from '../model/drain.js';
import type { ServerKey, ServiceKey } from '../model/keys.js';
import { endEvent } from './drain-events.js';
import { drainStatus, formatDeadline, leaverStatus, openConnections } from './drain.js';
import { DrainWatch, type EndedDrain, type RunningDrain } from './drain-watch.js';
import type { EventLog } from './event-log.js';
import type { RoundResult } from './round-scheduler.js';
import type { RunningConfig } from './running-config.js';

/** A server about which something changed, and the event that says so. */
export interface ChangedServer {
  readonly service: ServiceKey;
  readonly server: ServerKey;
  /** Null: no event tells of it. */
  readonly cause: number | null;
}

export interface DrainsOptions {
  readonly clock: Clock;
  readonly events: EventLog;
  readonly config: RunningConfig;
  /** Whether the server is in the table as last known, or is being added. */
  readonly mayBeThere: (service: ServiceKey, server: ServerKey) => boolean;
  /** Reads services while no round runs. */
  readonly look: (services: ReadonlySet<ServiceKey>) => Promise<ObservedTable>;
  /** Plans these servers anew. */
  readonly changed: (servers: readonly ChangedServer[]) => Promise<RoundResult>;
  /** An order was given, taken back, or carried out. */
  readonly onOrders: () => void;
}

/** One server that drains, has drained, or is in maintenance. */
export interface OrderedServer {
  readonly service: ServiceKey;
  readonly server: ServerKey;
  /** In the file; its key where the file does not know it (any more). */
  readonly name: string;
  readonly drain: DrainStatus | null;
  readonly maintenance: MaintenanceOrder | null;
  /** What was left at the last look; null when nobody has looked, and when the drain is over. */
  readonly counts: DrainCounts | null;
}

export class Drains {
  readonly #options: DrainsOptions;
  readonly #watch: DrainWatch;

  constructor(options: DrainsOptions) {
    const { clock, look } = options;
    this.#options = options;
    this.#watch = new DrainWatch({
      clock,
      look,
      running: () => this.#running(),
      onEnded: (ended) => this.#ended(ended),
      onMoved: (drain, time) => {
        if (this.#order(drain.service, drain.server) === undefined)
          options.config.ownership.moveLeave(drain.service, drain.server, time);
        else {
          options.config.states.moveDrain(drain.service, drain.server, time);
          options.onOrders();
        }
      },
    });
  }

  /**
   * Drains a server of the file and waits until its weight is 0. One that is not in the table is out at once.
   *
   * One that drains already goes on, until the new deadline where one is given.
   *
   * @param timeoutMs null = until the last connection; undefined = the service's
   * @param by who asks, for people
   * @returns null when the file has no such server
   */
  async drain(
    service: ServiceKey,
    server: ServerKey,
    { by, timeoutMs }: { readonly by: string; readonly timeoutMs?: number | null | undefined },
  ): Promise<RoundResult | null> {
    const known = this.#order(service, server);
    const order = known ?? this.#newOrder(service, server, by);
    if (order === null) return null;
    const deadlineMs =
      timeoutMs === undefined || order.end !== null ? order.deadlineMs : this.#deadline(timeoutMs);
    const given: DrainOrder = { ...order, deadlineMs, purpose: 'drain' };
    this.#options.config.states.setDrain(service, server, given);
    return this.#tell(service, server, 'drain-began', beganText(given, known?.end === null, by));
  }

  /**
   * Takes an order to drain back, lets a server serve that failed and waits for it (`recovery`), and waits until the table
   * says so.
   *
   * @returns null when there is nothing of that kind
   */
  async undrain(service: ServiceKey, server: ServerKey, by: string): Promise<RoundResult | null> {
    const { states, serving } = this.#options.config;
    const wasHeld = serving.release(service, server);
    if (this.#order(service, server) === undefined)
      return wasHeld ? this.#tell(service, server, 'server-released', `released by ${by}`) : null;
    states.setDrain(service, server, null);
    return this.#tell(service, server, 'drain-cancelled', `taken back by ${by}`);
  }

  /**
   * Puts a server of the file into maintenance and waits until its weight is 0. One that is in maintenance stays so,
   * with the new reason where one is given.
   *
   * @returns null when the file has no such server
   */
  async beginMaintenance(
    service: ServiceKey,
    server: ServerKey,
    { by, reason }: { readonly by: string; readonly reason: string },
  ): Promise<RoundResult | null> {
    const { clock, config } = this.#options;
    const order = this.#order(service, server) ?? this.#newOrder(service, server, by);
    if (order === null) return null;
    const known = config.states.maintenance.get(service)?.get(server);
    const given = known ?? { by, sinceMs: clock.wallMs(), reason };
    const why = reason === '' ? given.reason : reason;
    config.states.setMaintenance(service, server, { ...given, reason: why });
    config.states.setDrain(service, server, order);
    const message = `in maintenance by ${by}${why === '' ? '' : `: ${why}`}; ${drainText(order)}`;
    return this.#tell(service, server, 'maintenance-began', message);
  }

  /**
   * Ends a maintenance, with the drain that it began, and waits until the server has its weight again. One that was
   * drained for itself stays out.
   *
   * @returns null when the server is in no maintenance
   */
  async endMaintenance(service: ServiceKey, server: ServerKey, by: string): Promise<RoundResult | null> {
    const { states } = this.#options.config;
    if (states.maintenance.get(service)?.get(server) === undefined) return null;
    states.setMaintenance(service, server, null);
    if (this.#order(service, server)?.purpose === 'maintenance') states.setDrain(service, server, null);
    return this.#tell(service, server, 'maintenance-ended', `out of maintenance by ${by}`);
  }

  /** Every server with an order, and every one that leaves; orders first. */
  list(): readonly OrderedServer[] {
    const { states, ownership } = this.#options.config;
    const listed: OrderedServer[] = [];
    for (const [service, orders] of states.drains)
      for (const server of orders.keys()) listed.push(this.#ordered(service, server));
    for (const [service, orders] of states.maintenance)
      for (const server of orders.keys())
        if (this.#order(service, server) === undefined) listed.push(this.#ordered(service, server));
    for (const [service, leavers] of ownership.leaving)
      for (const [server, leaver] of leavers) {
        const counts = this.#watch.counts(service, server);
        const status = { name: leaver.name, drain: leaverStatus(leaver), maintenance: null, counts };
        if (leaver.seen && !leaver.ended) listed.push({ service, server, ...status });
      }
    return listed;
  }

  /** Sets the timer by what drains now; to be called after each round. */
  follow(): void {
    this.#watch.follow();
  }

  /** Looks once, at once, and waits for what follows: for who may not wait for the timer. Never rejects. */
  async look(): Promise<void> {
    if (this.#running().length > 0) await this.#watch.look();
  }

  /** Counts what is left now, to be shown. Never rejects. */
  count(): Promise<void> {
    return this.#watch.count();
  }

  close(): void {
    this.#watch.close();
  }

  #order(service: ServiceKey, server: ServerKey): DrainOrder | undefined {
    return this.#options.config.states.drains.get(service)?.get(server);
  }

  #ordered(service: ServiceKey, server: ServerKey): OrderedServer {
    const { states } = this.#options.config;
    const order = this.#order(service, server);
    const maintenance = states.maintenance.get(service)?.get(server) ?? null;
    const drain = order === undefined ? null : drainStatus(order);
    const counts = order?.end === null ? this.#watch.counts(service, server) : null;
    return { service, server, name: this.#names(service, server).server, drain, maintenance, counts };
  }

  /** For maintenance, until `drain` says that it is for itself. */
  #newOrder(service: ServiceKey, server: ServerKey, by: string): DrainOrder | null {
    const { clock, config, mayBeThere } = this.#options;
    const found = config.services.get(service);
    if (found === undefined || config.server(service, server) === undefined) return null;
    const sinceMs = clock.wallMs();
    const isThere = mayBeThere(service, server);
    const end: DrainEnd | null = isThere ? null : { cause: 'gone', atMs: sinceMs, connectionsCut: 0 };
    const deadlineMs = this.#deadline(found.drain.timeoutMs);
    return { by, sinceMs, deadlineMs, purpose: 'maintenance', end };
  }

  #deadline(timeoutMs: number | null): number | null {
    return timeoutMs === null ? null : this.#options.clock.wallMs() + timeoutMs;
  }

  async #tell(
    service: ServiceKey,
    server: ServerKey,
    type: 'drain-began' | 'drain-cancelled' | 'maintenance-began' | 'maintenance-ended' | 'server-released',
    message: string,
  ): Promise<RoundResult> {
    const { events, changed, onOrders } = this.#options;
    onOrders();
    const cause = events.append({ type, ...this.#names(service, server), message });
    this.#watch.follow();
    return changed([{ service, server, cause }]);
  }

  #names(service: ServiceKey, server: ServerKey) {
    const { config } = this.#options;
    const leaver = config.ownership.leaving.get(service)?.get(server);
    return {
      service: config.ownership.services.get(service) ?? service,
      server: config.server(service, server)?.name ?? leaver?.name ?? server,
    };
  }

  #running(): readonly RunningDrain[] {
    const { states, ownership, services } = this.#options.config;
    const running: RunningDrain[] = [];
    for (const [service, orders] of states.drains)
      for (const [server, { sinceMs, deadlineMs, end }] of orders)
        if (end === null) running.push({ service, server, sinceMs, deadlineMs });
    for (const [service, leavers] of ownership.leaving)
      for (const [server, { sinceMs, deadlineMs, seen, ended }] of leavers)
        if (seen && !ended && services.has(service) && this.#order(service, server) === undefined)
          running.push({ service, server, sinceMs, deadlineMs });
    return running;
  }

  async #ended(all: readonly EndedDrain[]): Promise<void> {
    const { events, config, changed } = this.#options;
    const servers: ChangedServer[] = [];
    for (const ended of all) {
      const { service, server, sinceMs } = ended.drain;
      const end = this.#endOf(ended);
      const isOrdered = this.#order(service, server) !== undefined;
      if (isOrdered) config.states.endDrain(service, server, end);
      else config.ownership.endLeave(service, server);
      const cause = events.append(endEvent({ ...this.#names(service, server), sinceMs }, end));
      servers.push({ service, server, cause });
    }
    this.#options.onOrders();
    await changed(servers);
  }

  #endOf({ drain, cause, counts }: EndedDrain): DrainEnd {
    const { clock, config } = this.#options;
    const address = config.services.get(drain.service)?.address;
    const cut = cause === 'deadline' && address !== undefined ? openConnections(address, counts) : 0;
    return { cause, atMs: clock.wallMs(), connectionsCut: cut };
  }
}

/** @param again it was draining already */
function beganText(order: DrainOrder, again: boolean, by: string): string {
  if (order.end !== null) return `by ${by}: ${drainText(order)}`;
  return `${again ? 'goes on ' : ''}${drainText(order)} by ${by}`;
}

function drainText({ end, deadlineMs }: DrainOrder): string {
  return end === null ? `draining ${formatDeadline(deadlineMs)}` : 'out already, for it is not in the table';
}
