/**
 * One virtual router at work: hears, keeps the time, and has done what the machine decides. The kernel is handed in.
 *
 * All that an event brings about has happened when the call returns, but for a goodbye that found the queue full. To
 * advertise and to hear one in backup makes a state and no timer: one that is set is left until it fires, and is then set
 * for what remains.
 */
import type { Clock, Timer } from '../base/clock.js';
import { reasonOf } from '../base/errors.js';
import type { InstanceAddress, VrrpInstance } from '../model/vrrp-instance.js';
import type { VrrpPeer, VrrpRole, VrrpState } from '../model/vrrp-role.js';
import type { AddressOwner, AddressPresence } from './address-owner.js';
import { Goodbye } from './goodbye.js';
import { HeldAddresses } from './held-addresses.js';
import { createCounters, DROPPED } from './instance-counters.js';
import {
  INITIAL_STATE,
  LEAVING_PRIORITY,
  step,
  type Action,
  type AdvertisementEvent,
  type MachineEvent,
  type MachineSettings,
  type MachineState,
  type TransitionCause,
} from './machine.js';
import type { Pacer } from './pacer.js';
import { transitionReason } from './transition-reason.js';

/** What sends the advertisements of one instance. */
export interface AdvertisementSender {
  /**
   * Sends one, with the interval and the addresses of the configuration.
   *
   * @param priority 0..255
   * @returns false = the kernel has no room for it at the moment
   * @throws whatever the kernel refuses it for
   */
  send(priority: number): boolean;
}

/** A change of state, plain values. */
export interface InstanceTransition {
  readonly instance: string;
  readonly from: VrrpState;
  readonly to: VrrpState;
  /** Wall clock. */
  readonly atMs: number;
  /** Why, for people. */
  readonly reason: string;
}

/** What an instance needs. None of the functions may throw. */
export interface InstanceSeams {
  readonly clock: Clock;
  readonly sender: AdvertisementSender;
  readonly addresses: AddressOwner;
  /** Of the whole process. */
  readonly pacer: Pacer;
  /**
   * Hands over what waits in the socket, by `hear` and `drop`: a timer of a loop that was busy ends before the packets are
   * read that came in time.
   */
  readonly drain: () => void;
  /** After all that the change brings about. */
  readonly onTransition: (transition: InstanceTransition) => void;
  /** `<operation> <subject>: <reason>`; the instance goes on. */
  readonly onProblem: (message: string) => void;
}

const TIMER: MachineEvent = { kind: 'timer' };

/** From `start` to `stop`. */
export class Instance {
  readonly #seams: InstanceSeams;
  readonly #addresses: HeldAddresses;
  readonly #goodbye: Goodbye;
  readonly #counters = createCounters();
  readonly #dropped = new Map<string, number>();
  /** The one that is handed to the machine, again and again. */
  readonly #heard: { -readonly [Key in keyof AdvertisementEvent]: AdvertisementEvent[Key] };
  #config: VrrpInstance;
  #settings: MachineSettings;
  #state = INITIAL_STATE;
  #sinceMs: number;
  #reason = 'it was not started yet';
  #peerAddress: string | null = null;
  #peerPriority = 0;
  #heardAtMs = -Infinity;
  #timer: Timer | null = null;
  #timerAtMs = Infinity;
  #sendFails = false;

  /** @param source the address that it advertises from, canonical text without a zone */
  constructor(config: VrrpInstance, source: string, seams: InstanceSeams) {
    const { clock, pacer, addresses: owner, onProblem } = seams;
    this.#seams = seams;
    this.#config = config;
    this.#settings = settingsOf(config, source);
    const onWake = (): void => this.#take(TIMER);
    this.#addresses = new HeldAddresses({
      clock,
      pacer,
      owner,
      announce: config.announce,
      onWake,
      onProblem,
    });
    this.#goodbye = new Goodbye(clock, () => this.#send(LEAVING_PRIORITY));
    this.#heard = { kind: 'advertisement', priority: 0, advertiseMs: 0, sender: '' };
    this.#sinceMs = clock.wallMs();
  }

  get state(): VrrpState {
    return this.#state.name;
  }

  /** Idempotent. */
  start(): void {
    this.#take({ kind: 'startup' });
  }

  /** Removes the addresses, and resolves when the goodbye is sent or given up. Idempotent; `start` begins anew. */
  async stop(): Promise<void> {
    this.#take({ kind: 'shutdown' });
    await this.#goodbye.over();
  }

  /** An advertisement that passed every check for this instance. @param sender canonical text without a zone */
  hear(priority: number, advertiseMs: number, sender: string): void {
    this.#counters['advertisements-received'] += 1;
    if (sender === this.#settings.source) this.#counters['own-address-received'] += 1;
    else this.#note(priority, sender);
    this.#heard.priority = priority;
    this.#heard.advertiseMs = advertiseMs;
    this.#heard.sender = sender;
    this.#take(this.#heard);
  }

  /** A packet that did not pass one. */
  drop(reason: string): void {
    this.#dropped.set(reason, (this.#dropped.get(reason) ?? 0) + 1);
  }

  /** A condition begins to hold. @param condition for people, and the same for `clear`: `interface eth0 is down` */
  fault(condition: string): void {
    this.#take({ kind: 'fault', condition });
  }

  /** A condition holds no longer. One that did not is none. */
  clear(condition: string): void {
    this.#take({ kind: 'clear', condition });
  }

  /** Some addresses of this host have changed: puts right those that it holds, see `HeldAddresses`. */
  keep(presenceOf: (address: InstanceAddress) => AddressPresence): void {
    this.#addresses.keep(presenceOf);
  }

  /** Goes on in its state with another priority, interval, preemption, source or list of addresses. */
  reconfigure(config: VrrpInstance, source: string): void {
    const addresses = !sameAddresses(config, this.#config);
    this.#config = config;
    this.#settings = settingsOf(config, source);
    this.#addresses.announceBy(config.announce);
    this.#take({ kind: 'reconfigure', addresses });
  }

  /** Plain values; the counters with a name for each reason of dropped packets that there was. */
  role(): VrrpRole {
    const dropped = [...this.#dropped].map(([reason, count]) => [`${DROPPED}${reason}`, count] as const);
    return {
      instance: this.#config.name,
      state: this.#state.name,
      sinceMs: this.#sinceMs,
      reason: this.#state.name === 'fault' ? this.#state.conditions.join('; ') : this.#reason,
      priority: this.#settings.priority,
      peer: this.#state.name === 'active' ? null : this.#peer(),
      held: this.#addresses.there.map(({ address }) => address),
      lines: [],
      counters: { ...this.#counters, ...Object.fromEntries(dropped) },
    };
  }

  #take(event: MachineEvent): void {
    const nowMs = this.#seams.clock.nowMs();
    const before = this.#state;
    if (isLate(before, event, nowMs)) this.#counters['late-wakes'] += 1;
    const { state, actions, cause } = step(this.#settings, before, event, nowMs);
    this.#state = state;
    if (before.name !== 'active' && state.name === 'active') this.#goodbye.cancel();
    for (const action of actions) this.#perform(action);
    this.#rearm(nowMs);
    if (cause !== null) this.#tell(cause, before, nowMs);
  }

  #perform(action: Action): void {
    switch (action) {
      case 'advertise':
        this.#send(this.#settings.priority);
        break;
      case 'resign':
        this.#goodbye.say();
        break;
      case 'add-addresses':
        this.#addresses.hold(this.#config.addresses);
        break;
      case 'announce':
        this.#addresses.announce();
        break;
      case 'remove-addresses':
        this.#addresses.release(this.#config.addresses);
        break;
    }
  }

  /** True = nothing is left to try. A refusal is told when it begins; that of a goodbye is no news, the interface may be down. */
  #send(priority: number): boolean {
    try {
      const sent = this.#seams.sender.send(priority);
      if (sent) this.#countSent(priority);
      else this.#counters['send-failures'] += 1;
      return sent;
    } catch (thrown) {
      this.#counters['send-failures'] += 1;
      if (priority === LEAVING_PRIORITY) return true;
      if (!this.#sendFails) this.#seams.onProblem(`advertise ${this.#config.name}: ${reasonOf(thrown)}`);
      this.#sendFails = true;
      return true;
    }
  }

  #countSent(priority: number): void {
    this.#sendFails = false;
    this.#counters['advertisements-sent'] += 1;
    if (priority === LEAVING_PRIORITY) this.#counters['priority-zero-sent'] += 1;
  }

  /** Who claims to be active now. */
  #note(priority: number, sender: string): void {
    const { name } = this.#state;
    if (priority === LEAVING_PRIORITY) this.#counters['priority-zero-received'] += 1;
    else if (name === 'active' && priority < this.#settings.priority)
      this.#counters['inferior-received'] += 1;
    this.#peerAddress = sender;
    this.#peerPriority = priority;
    this.#heardAtMs = this.#seams.clock.nowMs();
  }

  #peer(): VrrpPeer | null {
    const address = this.#peerAddress;
    return address === null ? null : { address, priority: this.#peerPriority };
  }

  /** A timer that fires too early is set for the rest then; so most events leave it as it is. */
  #rearm(nowMs: number): void {
    const { dueAtMs } = this.#state;
    if (this.#timer !== null && this.#timerAtMs <= dueAtMs && dueAtMs !== Infinity) return;
    this.#timer?.cancel();
    this.#timer = null;
    this.#timerAtMs = dueAtMs;
    if (dueAtMs !== Infinity) this.#timer = this.#seams.clock.after(dueAtMs - nowMs, () => this.#wake());
  }

  #wake(): void {
    this.#timer = null;
    const { name, dueAtMs } = this.#state;
    if (name === 'backup' && this.#seams.clock.nowMs() >= dueAtMs) this.#seams.drain();
    this.#take(TIMER);
  }

  #tell(cause: TransitionCause, before: MachineState, nowMs: number): void {
    const { clock, onTransition } = this.#seams;
    const to = this.#state.name;
    const { conditions } = this.#state;
    this.#reason = transitionReason(cause, {
      priority: this.#settings.priority,
      peer: this.#peer(),
      waitedMs: nowMs - before.setAtMs,
      preempts: this.#heardAtMs > before.setAtMs,
      lateMs: nowMs - before.dueAtMs,
      conditions,
    });
    this.#sinceMs = clock.wallMs();
    if (to !== 'initialize') this.#counters[`became-${to}`] += 1;
    if (to === 'initialize') this.#addresses.close();
    onTransition({
      instance: this.#config.name,
      from: before.name,
      to,
      atMs: this.#sinceMs,
      reason: this.#reason,
    });
  }
}

function settingsOf(config: VrrpInstance, source: string): MachineSettings {
  const { version, priority, advertiseMs, preempt } = config;
  return { version, priority, advertiseMs, preempt, source };
}

function sameAddresses(one: VrrpInstance, other: VrrpInstance): boolean {
  return JSON.stringify(one.addresses) === JSON.stringify(other.addresses);
}

function isLate({ name, lateAtMs }: MachineState, { kind }: MachineEvent, nowMs: number): boolean {
  return nowMs > lateAtMs && (name === 'active' || (name === 'backup' && kind === 'timer'));
}
