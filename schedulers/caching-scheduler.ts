/** What lblc and lblcr share: members that outlive their place in the list, and the test for a full server. */
import { leastLoaded } from './least-loaded.js';
import { ListScheduler } from './list-scheduler.js';
import type { Flow, SchedulerServer } from './types.js';

/** A server as a cache remembers it; the same one when the same server object is added again. */
export class CacheMember {
  readonly server: SchedulerServer;
  /** AVAILABLE: the server is in the list. */
  available = true;

  constructor(server: SchedulerServer) {
    this.server = server;
  }
}

export abstract class CachingScheduler extends ListScheduler {
  readonly #factor: number;
  readonly #members = new WeakMap<SchedulerServer, CacheMember>();

  /** @param factor what an active connection weighs against an inactive one */
  protected constructor(factor: number) {
    super();
    this.#factor = factor;
  }

  override bind(servers: readonly SchedulerServer[]): void {
    super.bind(servers);
    for (const server of servers) this.memberOf(server);
  }

  override added(server: SchedulerServer): void {
    super.added(server);
    this.memberOf(server).available = true;
  }

  override removed(server: SchedulerServer): void {
    super.removed(server);
    this.memberOf(server).available = false;
  }

  /** The wlc choice over the whole list. */
  protected leastLoaded(): CacheMember | null {
    const server = leastLoaded(this.servers, this.#factor);
    return server === null ? null : this.memberOf(server);
  }

  /** True when the server is above its weight while some server of the list, overloaded or not, is below half. */
  protected busy(server: SchedulerServer): boolean {
    if (server.activeConnections <= server.weight) return false;
    for (const other of this.servers) {
      if (2 * other.activeConnections < other.weight) return true;
    }
    return false;
  }

  protected memberOf(server: SchedulerServer): CacheMember {
    const known = this.#members.get(server);
    if (known !== undefined) return known;
    const member = new CacheMember(server);
    this.#members.set(server, member);
    return member;
  }

  abstract override pick(flow: Flow, nowMs: number): SchedulerServer | null;
}
