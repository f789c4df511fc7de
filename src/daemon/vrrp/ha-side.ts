/**
 * What a director has for its instances of VRRP: the process that drives them, the addresses when that process is gone, and
 * their roles for everybody who asks.
 *
 * ```
 *  reload ──► configure ──► lvsd-vrrp ──roles──► status, events, metrics
 *                              └──gone──► addresses removed, started again
 * ```
 */
import { reasonOf } from '../../base/errors.js';
import type { Clock, Random } from '../../base/clock.js';
import type { Logger } from '../../base/logger.js';
import type { EventLog } from '../../controller/event-log.js';
import { SerialQueue } from '../../controller/serial-queue.js';
import type { AddressOwner } from '../../ha/address-owner.js';
import type { FromVrrp } from '../../ha/messages.js';
import type { HaStatus } from '../../model/ha-status.js';
import type { HaSettings } from '../../model/ha.js';
import type { SyncStatus } from '../../model/sync-daemon.js';
import type { VrrpRole, VrrpState } from '../../model/vrrp-role.js';
import type { NamespaceLock } from '../state/namespace-lock.js';
import { HaOrders, type OrderResult, type OrderVerb } from './ha-orders.js';
import { LineNews } from './line-news.js';
import { RoleBook } from './role-book.js';
import { RoleHooks } from './role-hooks.js';
import type { TrackHost, TrackSide } from './tracks/track-side.js';
import type { LaunchVrrp } from './vrrp-child.js';
import { VrrpProcess } from './vrrp-process.js';

/** Who removes addresses while `lvsd-vrrp` cannot. */
export type Remover = Pick<AddressOwner, 'remove'> & { close(): void };

/** What of the host this needs; a test has its own. */
export interface HaHost {
  readonly launch: LaunchVrrp;
  /** What instances may depend on. */
  readonly tracked: TrackHost;
  /** Loads the bindings, which a director without instances does without. */
  readonly openRemover: () => Promise<Remover>;
  /** One director a network namespace: null where the kernel plane has taken the lock already. */
  readonly lock: (() => Promise<NamespaceLock>) | null;
}

export interface HaSideOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly events: EventLog;
  readonly logger: Pick<Logger, 'error' | 'warn'>;
  readonly host: HaHost;
  /** Whether the own table is programmed. */
  readonly programmed: () => boolean;
  /** What instances depend on. */
  readonly tracks: Pick<TrackSide, 'told' | 'status'>;
  /** Hears that an instance has become active: this host has its addresses now. */
  readonly onActive: () => void;
  /** The daemons for connections; null when the file has none. */
  readonly sync: () => SyncStatus | null;
  /** Hears that some instance has another state, also when lvsd-vrrp is gone. */
  readonly onRoles: () => void;
}

/** Does nothing before `follow`. */
export class HaSide {
  readonly #options: HaSideOptions;
  readonly #book: RoleBook;
  readonly #lines = new LineNews();
  readonly #process: VrrpProcess;
  readonly #orders: HaOrders;
  readonly #hooks: RoleHooks;
  readonly #queue = new SerialQueue();
  #settings: HaSettings | null = null;
  #remover: Remover | null = null;
  #lock: NamespaceLock | null = null;
  #closed = false;
  #down = 'it has not been started yet';
  #shortcomings: readonly string[] = [];
  /** Its end has been told, and nothing else since. */
  #toldDown = false;

  constructor(options: HaSideOptions) {
    const { clock, random, host, programmed, tracks } = options;
    this.#options = options;
    this.#book = new RoleBook(() => clock.wallMs());
    this.#process = new VrrpProcess({
      clock,
      random,
      launch: host.launch,
      programmed,
      tracks: () => tracks.told,
      onMessage: (message) => this.#heard(message),
      onGone: (how, againInMs) => this.#gone(how, againInMs),
    });
    this.#orders = new HaOrders({ clock, send: (order) => this.#process.order(order) });
    this.#hooks = new RoleHooks({
      clock,
      onFailure: (instance, message) => this.#tellProblem(instance, message),
    });
  }

  /** null when the configuration has no instances. */
  get status(): HaStatus | null {
    if (this.#settings === null) return null;
    const { pid, restarts } = this.#process;
    const running = pid !== null;
    const shortcomings = running ? this.#shortcomings : [];
    return {
      process: { running, pid, reason: running ? '' : this.#down, restarts, shortcomings },
      instances: this.#book.status,
      tracks: this.#options.tracks.status,
      sync: this.#options.sync(),
    };
  }

  /**
   * Takes the lock of the network namespace, if the first configuration needs it.
   *
   * @throws NamespaceLockError
   */
  async lock(settings: HaSettings | null): Promise<void> {
    if (settings !== null) await this.#takeLock();
  }

  /** Drives what the configuration says: in place, instances that stay keep their roles. Never rejects. */
  follow(settings: HaSettings | null): Promise<void> {
    return this.#queue.run(() => (settings === null || this.#closed ? this.#leave() : this.#drive(settings)));
  }

  /** Has lvsd-vrrp carry an operator's order out, and waits for the end of it. @param by who asks, for people */
  order(verb: OrderVerb, instance: string, by: string): Promise<OrderResult> {
    return this.#orders.give(verb, instance, by);
  }

  /** State of an instance; null when there is none of that name. */
  stateOf(instance: string): VrrpState | null {
    return this.#book.roleOf(instance)?.state ?? null;
  }

  /** The table may have become programmed, or what instances depend on may be otherwise. */
  changed(): void {
    this.#process.changed();
  }

  /** Says goodbye, and waits until the addresses are gone; nothing is followed any more. Idempotent. */
  close(): Promise<void> {
    this.#closed = true;
    return this.#queue.run(async () => {
      await this.#leave();
      await this.#hooks.close();
    });
  }

  /** Gives the network namespace back, last of all. Idempotent. */
  async release(): Promise<void> {
    await this.#lock?.release();
  }

  async #drive(settings: HaSettings): Promise<void> {
    try {
      await this.#takeLock();
      this.#remover ??= await this.#options.host.openRemover();
    } catch (error) {
      this.#down = reasonOf(error);
      this.#settings = settings;
      this.#book.configure(settings.instances);
      this.#tellDown(`start lvsd-vrrp: ${this.#down}`);
      return;
    }
    this.#settings = settings;
    this.#book.configure(settings.instances);
    this.#hooks.configure(settings);
    const { instances, onCrash, stallLimitMs, witness } = settings;
    this.#process.configure({ kind: 'configure', instances, onCrash, stallLimitMs, witness });
  }

  async #takeLock(): Promise<void> {
    const { lock } = this.#options.host;
    if (lock !== null) this.#lock ??= await lock();
  }

  async #leave(): Promise<void> {
    if (this.#settings === null) return;
    if (!(await this.#process.stop())) {
      this.#tellDown('stop lvsd-vrrp: it did not end by itself; its addresses are removed without a goodbye');
    }
    // Those of one that was ended, and those that it could not remove.
    this.#removeAddresses();
    this.#orders.lost('lvsd stops');
    for (const { instance, state } of this.#book.lose('lvsd-vrrp was stopped'))
      this.#tellChange(instance, state, 'initialize', 'it stops');
    this.#hooks.configure({ instances: [], hooks: [] });
    this.#settings = null;
    this.#remover?.close();
    this.#remover = null;
  }

  #heard(message: FromVrrp): void {
    switch (message.kind) {
      case 'ready':
        this.#shortcomings = message.shortcomings;
        for (const shortcoming of message.shortcomings)
          this.#options.logger.warn(`lvsd-vrrp: ${shortcoming}`);
        this.#tellBack();
        break;
      case 'roles':
        this.#book.take(message.roles);
        this.#tellLines(message.roles);
        break;
      case 'transition': {
        const { instance, from, to, atMs, reason } = message;
        this.#book.change(instance, to, atMs, reason);
        this.#tellChange(instance, from, to, reason);
        if (to === 'active') this.#options.onActive();
        break;
      }
      case 'split': {
        const { instance, phase, peer, atMs } = message;
        this.#book.noteSplit(instance, phase === 'begun' ? { peer, sinceMs: atMs } : null);
        const other = `${peer.address}, priority ${peer.priority}`;
        const [type, what] =
          phase === 'begun'
            ? (['split-brain', `is active here, and so is ${other}`] as const)
            : (['split-healed', `no other is active any more: it was ${other}`] as const);
        this.#options.events.append({ type, instance, message: `${instance}: ${what}` });
        break;
      }
      case 'order-end':
        this.#orders.ended(message);
        break;
      case 'conflict': {
        const { instance, message: what } = message;
        this.#options.events.append({ type: 'address-conflict', instance, message: `${instance}: ${what}` });
        break;
      }
      case 'problem':
        this.#tellProblem(message.instance, message.message);
    }
  }

  #tellLines(roles: readonly VrrpRole[]): void {
    for (const { instance, line, silent } of this.#lines.take(roles)) {
      const { interface: name, peer, reason } = line;
      this.#options.events.append({
        type: silent ? 'line-silent' : 'line-heard',
        instance,
        message: `${instance}: line ${name} to ${peer}: ${silent ? 'silent' : 'heard again'}: ${reason}`,
      });
    }
  }

  /** @param instance null = of none in particular */
  #tellProblem(instance: string | null, problem: string): void {
    this.#options.events.append({
      type: 'instance-problem',
      ...(instance === null ? {} : { instance }),
      message: instance === null ? problem : `${instance}: ${problem}`,
    });
  }

  #tellBack(): void {
    if (!this.#toldDown) return;
    this.#toldDown = false;
    const message = `lvsd-vrrp runs again, pid ${this.#process.pid ?? 0}, and begins as backup`;
    this.#options.events.append({ type: 'vrrp-up', message });
  }

  #tellChange(instance: string, from: VrrpState, to: VrrpState, reason: string): void {
    const by = this.#orders.byOf(this.#book.togetherWith(instance));
    const why = by === null ? reason : `${reason} (${by})`;
    const message = `${instance}: ${from} to ${to}: ${why}`;
    this.#options.events.append({ type: 'role-changed', instance, message });
    this.#hooks.changed({
      instance,
      state: to,
      priority: this.#book.roleOf(instance)?.priority ?? 0,
      reason: why,
    });
    this.#options.onRoles();
  }

  #gone(how: string, againInMs: number): void {
    // First of all: another director may be active by now, and nobody here would notice.
    this.#removeAddresses();
    // Whoever supervises has told it to end, too.
    if (this.#closed) return;
    const role = `lvsd-vrrp ended: ${how}`;
    this.#orders.lost(role);
    this.#down = `it ended (${how}) and is started again`;
    this.#tellDown(
      `${role}; addresses of its instances are removed, it is started again in ${Math.round(againInMs)} ms`,
    );
    for (const { instance, state } of this.#book.lose(role))
      this.#tellChange(instance, state, 'initialize', role);
  }

  /** One that ends again and again is one event. */
  #tellDown(message: string): void {
    if (this.#toldDown) this.#options.logger.error(message);
    else this.#options.events.append({ type: 'vrrp-down', message });
    this.#toldDown = true;
  }

  #removeAddresses(): void {
    const failures = this.#remover?.remove(this.#book.addresses) ?? [];
    for (const { message } of failures) this.#options.logger.error(message);
  }
}
