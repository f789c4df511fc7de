/**
 * What an operator orders of an instance: to leave what it has to others, or to take what others have. Tells what came of it,
 * and how long nobody had the addresses, or both did.
 *
 * An order that fails leaves nothing behind: what was released and taken by nobody is taken back, and what another one does
 * not give is left to it.
 */
import type { Clock, Timer } from '../base/clock.js';
import { isHigherAddress } from '../base/ip.js';
import type { VrrpInstance } from '../model/vrrp-instance.js';
import type { VrrpRole, VrrpState } from '../model/vrrp-role.js';
import { HIGHEST_PRIORITY } from './effective-priority.js';
import type { HeardPeer, InstanceObserver, InstanceTransition } from './instance-seams.js';
import { OWNER_PRIORITY } from './machine.js';
import { ORDER_LIMIT_MS, type Order, type OrderEnd } from './messages.js';

/** An instance as its orders see it. */
export interface OrderTarget {
  readonly config: VrrpInstance;
  readonly state: VrrpState;
  readonly heardPeer: HeardPeer | null;
  /** From which it advertises; empty while it does not. */
  readonly source: string;
  role(): VrrpRole;
  take(because: string, outdo: boolean): void;
  yield(because: string, released: boolean): void;
  observe(observer: InstanceObserver | null): void;
}

/** What a successor that hears the goodbye may take, in intervals of this director, and how long at least. */
const RELEASE_INTERVALS = 8;
const RELEASE_LEAST_MS = 2000;
/** Who says nothing for so many of its intervals is not active any more. */
const QUIET_INTERVALS = 1.5;
const QUIET_LEAST_MS = 50;
/** And who still does after so many is not going to yield. */
const STUBBORN_INTERVALS = 4;
const STUBBORN_LEAST_MS = 1000;
/** An answer comes before whoever ordered has given up. */
const LONGEST_MS = ORDER_LIMIT_MS - 5000;

/** One a process. */
export class Orders {
  readonly #clock: Clock;
  readonly #tell: (end: OrderEnd) => void;
  readonly #running = new Map<string, RunningOrder>();

  constructor(clock: Clock, tell: (end: OrderEnd) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  /** @param target null = there is no such instance */
  give({ id, verb, instance }: Order, target: OrderTarget | null): void {
    const end = (error: string | null, gapMs: number | null): void => {
      this.#running.delete(instance);
      this.#tell({ kind: 'order-end', id, error, gapMs });
    };
    const refusal = this.#refusal(verb, instance, target);
    if (target === null || refusal !== null)
      this.#tell({ kind: 'order-end', id, error: refusal, gapMs: null });
    else {
      const Kind = verb === 'release' ? Release : Takeover;
      const running = new Kind(target, this.#clock, end);
      this.#running.set(instance, running);
      running.begin();
    }
  }

  /** Nothing more comes of those that are under way. @param reason for people */
  close(reason: string): void {
    for (const running of [...this.#running.values()]) running.abandon(reason);
  }

  #refusal(verb: Order['verb'], instance: string, target: OrderTarget | null): string | null {
    if (target === null) return `there is no instance ${instance}`;
    if (this.#running.has(instance)) return `another order for ${instance} is under way`;
    return verb === 'release' ? releaseRefusal(target) : takeoverRefusal(target);
  }
}

function releaseRefusal({ state, config }: OrderTarget): string | null {
  if (state !== 'active') return `${config.name} is in state ${state}: it has nothing to release`;
  if (config.priority === OWNER_PRIORITY)
    return `${config.name} has priority 255, its addresses are its own: configure a lower one first`;
  return null;
}

function takeoverRefusal(target: OrderTarget): string | null {
  const { state, config, source, heardPeer: peer } = target;
  if (state === 'active') return `${config.name} is active already`;
  if (state !== 'backup') return `${config.name} is in state ${state}: ${target.role().reason}`;
  if (peer === null) return null;
  if (peer.priority === OWNER_PRIORITY)
    return `${peer.address} has priority 255, the addresses are its own: nobody can take them from it`;
  if (peer.priority === HIGHEST_PRIORITY && !isHigherAddress(source, peer.address))
    return `${peer.address} has priority ${HIGHEST_PRIORITY}, which nobody outdoes: release ${config.name} there`;
  return null;
}

abstract class RunningOrder implements InstanceObserver {
  protected readonly target: OrderTarget;
  protected readonly clock: Clock;
  protected readonly beganAtMs: number;
  readonly #onEnd: (error: string | null, gapMs: number | null) => void;
  #timer: Timer | null = null;

  constructor(
    target: OrderTarget,
    clock: Clock,
    onEnd: (error: string | null, gapMs: number | null) => void,
  ) {
    this.target = target;
    this.clock = clock;
    this.beganAtMs = clock.nowMs();
    this.#onEnd = onEnd;
  }

  abstract begin(): void;
  abstract heard(sender: string): void;
  abstract changed(transition: InstanceTransition): void;

  abandon(reason: string): void {
    this.end(reason, null);
  }

  protected after(delayMs: number, act: () => void): void {
    this.#timer?.cancel();
    this.#timer = this.clock.after(delayMs, act);
  }

  protected end(error: string | null, gapMs: number | null): void {
    this.#timer?.cancel();
    this.target.observe(null);
    this.#onEnd(error, gapMs);
  }
}

class Release extends RunningOrder {
  #goneAtMs = Infinity;

  begin(): void {
    const { target, clock } = this;
    target.yield('the operator released it', true);
    this.#goneAtMs = clock.nowMs();
    target.observe(this);
    const waitMs = Math.max(RELEASE_INTERVALS * target.config.advertiseMs, RELEASE_LEAST_MS);
    this.after(Math.min(waitMs, LONGEST_MS), () => this.#takeBack());
  }

  heard(): void {
    this.end(null, this.clock.nowMs() - this.#goneAtMs);
  }

  changed({ to, reason }: InstanceTransition): void {
    this.end(to === 'active' ? this.#nobody() : `${this.target.config.name}: ${reason}`, null);
  }

  #takeBack(): void {
    const { target } = this;
    // It may wait for a witness, which it had not asked before it was released, either.
    target.take('nobody took over', false);
    if (target.state !== 'active') this.end(`nobody was heard to take over; ${target.role().reason}`, null);
  }

  #nobody(): string {
    const waitedMs = Math.round(this.clock.nowMs() - this.#goneAtMs);
    return `nobody took over within ${waitedMs} ms: this director has the addresses again`;
  }
}

class Takeover extends RunningOrder {
  #thereAtMs = Infinity;
  #heardAtMs = -Infinity;
  #other = '';

  begin(): void {
    const { target, clock } = this;
    const peer = target.heardPeer;
    target.take('the operator took it over', true);
    this.#thereAtMs = clock.nowMs();
    if (target.state !== 'active') this.end(target.role().reason, null);
    else if (peer === null || peer.priority === 0) this.#succeed(null);
    else {
      this.#other = peer.address;
      target.observe(this);
      this.#waitForQuiet(peer.advertiseMs);
    }
  }

  heard(sender: string): void {
    this.#other = sender;
    this.#heardAtMs = this.clock.nowMs();
  }

  changed({ reason }: InstanceTransition): void {
    this.end(reason, null);
  }

  /** The last word of one that yields may be on its way. */
  #waitForQuiet(advertiseMs: number): void {
    const quietMs = Math.min(Math.max(QUIET_INTERVALS * advertiseMs, QUIET_LEAST_MS), LONGEST_MS);
    const stubbornMs = Math.min(Math.max(STUBBORN_INTERVALS * advertiseMs, STUBBORN_LEAST_MS), LONGEST_MS);
    const look = (): void => {
      const nowMs = this.clock.nowMs();
      const leftMs = this.#lastMs() + quietMs - nowMs;
      if (leftMs <= 0) this.#succeed(this.#lastMs() - this.beganAtMs);
      else if (nowMs - this.#thereAtMs >= stubbornMs) this.#giveUp();
      else this.after(leftMs, look);
    };
    this.after(quietMs, look);
  }

  #lastMs(): number {
    return Math.max(this.#thereAtMs, this.#heardAtMs);
  }

  #succeed(gapMs: number | null): void {
    const { addresses } = this.target.config;
    const missing = addresses.length - this.target.role().held.length;
    this.end(missing > 0 ? `${missing} of ${addresses.length} addresses could not be added` : null, gapMs);
  }

  #giveUp(): void {
    const error = `${this.#other} is still active, and seems not to hear this director`;
    this.end(error, null);
    this.target.yield(`takeover: ${error}`, false);
  }
}
