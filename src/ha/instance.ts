/**
 * One virtual router at work: hears, keeps the time, and has done what the machine decides. The kernel is handed in.
 *
 * All that an event brings about has happened when the call returns, but for a goodbye that found the queue full. To
 * advertise and to hear one in backup makes a state and no timer: one that is set is left until it fires, and is then set
 * for what remains.
 */
import type { Timer } from '../base/clock.js';
import type { InstanceAddress, VrrpInstance } from '../model/vrrp-instance.js';
import type { VrrpRole, VrrpState } from '../model/vrrp-role.js';
import type { AddressPresence } from './address-owner.js';
import { Goodbye } from './goodbye.js';
import { PeerMemory } from './peer-memory.js';
import { HeldAddresses } from './held-addresses.js';
import { createCounters, DROPPED } from './instance-counters.js';
import type { HeardPeer, InstanceObserver, InstanceSeams, InstanceTransition } from './instance-seams.js';
import { InstanceVoice } from './instance-voice.js';
import { effectivePriority, raiseAbove } from './effective-priority.js';
import { INITIAL_STATE, type MachineSettings, type MachineState } from './machine-state.js';
import {
  LEAVING_PRIORITY,
  step,
  type Action,
  type AdvertisementEvent,
  type MachineEvent,
  type TransitionCause,
} from './machine.js';
import { SplitWatch } from './split-watch.js';
import { computeSkewTimeMs } from './timers.js';
import { transitionReason } from './transition-reason.js';
import { WitnessWait } from './witness-wait.js';

const TIMER: MachineEvent = { kind: 'timer' };
const WITNESS: MachineEvent = { kind: 'witness' };

/** Whether a witness is needed is looked up before each event. */
type Settings = Omit<MachineSettings, 'witness'> & { witness: boolean };

/** From `start` to `stop`. */
export class Instance {
  readonly #seams: InstanceSeams;
  readonly #addresses: HeldAddresses;
  readonly #goodbye: Goodbye;
  readonly #counters = createCounters();
  readonly #dropped = new Map<string, number>();
  readonly #voice: InstanceVoice;
  /** The one that is handed to the machine, again and again. */
  readonly #heard: { -readonly [Key in keyof AdvertisementEvent]: AdvertisementEvent[Key] };
  readonly #splits: SplitWatch;
  #config: VrrpInstance;
  #settings: Settings;
  /** What is added to the priority: for what is wrong, and to hold what it was ordered to take. */
  #weight = 0;
  #raise = 0;
  #outdoes = false;
  #state = INITIAL_STATE;
  #sinceMs: number;
  #reason = 'it was not started yet';
  readonly #peer = new PeerMemory();
  #activeAtMs = Infinity;
  /** Of whoever told it to take or to yield. */
  #because = '';
  readonly #witnessWait = new WitnessWait();
  #observer: InstanceObserver | null = null;
  #timer: Timer | null = null;
  #timerAtMs = Infinity;

  /** @param source the address that it advertises from, canonical text without a zone */
  constructor(config: VrrpInstance, source: string, seams: InstanceSeams) {
    const { clock, pacer, addresses: owner, onProblem } = seams;
    this.#seams = seams;
    this.#config = config;
    this.#settings = settingsOf(config, source, config.priority);
    this.#splits = new SplitWatch({
      clock,
      onBegun: (peer) => seams.onSplit('begun', peer),
      onEnded: (peer) => seams.onSplit('ended', peer),
    });
    const onWake = (): void => this.#take(TIMER);
    this.#addresses = new HeldAddresses({
      clock,
      pacer,
      owner,
      announce: config.announce,
      onWake,
      onProblem,
    });
    this.#voice = new InstanceVoice({
      sender: seams.sender,
      counters: this.#counters,
      onRefusal: (reason) => onProblem(`advertise ${this.#config.name}: ${reason}`),
    });
    this.#goodbye = new Goodbye(clock, () => this.#voice.say(LEAVING_PRIORITY));
    this.#heard = { kind: 'advertisement', priority: 0, advertiseMs: 0, sender: '' };
    this.#sinceMs = clock.wallMs();
  }

  get state(): VrrpState {
    return this.#state.name;
  }

  /** In backup, when it would be active if it were alone. */
  get ready(): boolean {
    const { name, wait, lateAtMs } = this.#state;
    return name === 'backup' && wait === 'group' && this.#seams.clock.nowMs() <= lateAtMs;
  }

  /** It left what it had to others, and does not take it back from them. */
  get released(): boolean {
    return this.#state.released;
  }

  /** It is active by order, though another one may have a higher priority. */
  get raised(): boolean {
    return this.#outdoes;
  }

  /** Who was heard last, this instance's life long; null = nobody. */
  get heardPeer(): HeardPeer | null {
    return this.#peer.heard;
  }

  /** With which it stands for election, but for what it was raised by. */
  get priority(): number {
    return effectivePriority(this.#config.priority, this.#weight, 0);
  }

  /** The same with that: what it advertises. */
  get advertisedPriority(): number {
    return this.#settings.priority;
  }

  /** Tells one of everything; null = nobody any more. */
  observe(observer: InstanceObserver | null): void {
    this.#observer = observer;
  }

  /** Does not start yet: what an earlier life has left is removed all the same. @param reason for people */
  delay(reason: string): void {
    this.#reason = reason;
    this.#perform('remove-addresses');
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
    else this.#note(priority, advertiseMs, sender);
    this.#heard.priority = priority;
    this.#heard.advertiseMs = advertiseMs;
    this.#heard.sender = sender;
    const wasActive = this.#state.name === 'active';
    this.#take(this.#heard);
    if (sender === this.#settings.source) return;
    if (wasActive && this.#state.name === 'active') this.#lookForSplit(priority, advertiseMs, sender);
    if (priority !== LEAVING_PRIORITY) this.#observer?.heard(sender, advertiseMs);
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
    this.#settings = settingsOf(config, source, this.#priority());
    this.#addresses.announceBy(config.announce);
    this.#take({ kind: 'reconfigure', addresses });
  }

  /** Its priority is less by what is wrong. @param weight 0 or below */
  weigh(weight: number): void {
    this.#weight = weight;
    this.#reckonPriority();
  }

  /**
   * Becomes active, if it is in backup.
   *
   * @param because for people
   * @param outdo though another one has the higher priority: it stands above it for as long as it is active
   */
  take(because: string, outdo: boolean): void {
    if (this.#state.name !== 'backup') return;
    this.#because = because;
    this.#outdoes = outdo;
    if (outdo && this.#peer.heard !== null) {
      this.#raise = raiseAbove(this.#peer.priority, this.#config.priority, this.#weight);
      this.#settings = { ...this.#settings, priority: this.#priority() };
    }
    this.#take({ kind: 'take' });
  }

  /** Leaves what it has to others. @param released it does not take it back while there is one who has it */
  yield(because: string, released: boolean): void {
    this.#because = because;
    this.#take({ kind: 'yield', released });
  }

  /** Plain values; the counters with a name for each reason of dropped packets that there was. */
  role(): VrrpRole {
    const dropped = [...this.#dropped].map(([reason, count]) => [`${DROPPED}${reason}`, count] as const);
    return {
      instance: this.#config.name,
      state: this.#state.name,
      sinceMs: this.#sinceMs,
      reason: this.#reasonNow(),
      priority: this.#settings.priority,
      released: this.#state.released,
      peer: this.#state.name === 'active' ? null : this.#peer.peer,
      held: this.#addresses.there.map(({ address }) => address),
      lines: [],
      counters: { ...this.#counters, ...Object.fromEntries(dropped) },
    };
  }

  /** For timers of others, before they do anything: who stood still may have to give up first. */
  wake(): void {
    const { name, dueAtMs } = this.#state;
    if (name === 'backup' && this.#seams.clock.nowMs() >= dueAtMs) this.#seams.drain();
    this.#take(TIMER);
  }

  #reasonNow(): string {
    const { name, conditions, wait } = this.#state;
    if (name === 'fault') return conditions.join('; ');
    if (name === 'backup' && wait === 'witness')
      return 'nobody is heard and no witness answers: it may be this director that is cut off';
    return this.#reason;
  }

  #take(event: MachineEvent): void {
    const { clock, witness, onReady } = this.#seams;
    const nowMs = clock.nowMs();
    const before = this.#state;
    this.#settings.witness = event.kind !== 'advertisement' && witness.needed();
    if (isLate(before, event, nowMs)) this.#counters['late-wakes'] += 1;
    const { state, actions, cause } = step(this.#settings, before, event, nowMs);
    this.#state = state;
    if (before.name !== 'active' && state.name === 'active') this.#becomeActive(nowMs);
    if (state.wait !== 'witness') this.#witnessWait.end();
    for (const action of actions) this.#perform(action);
    this.#rearm(nowMs);
    if (cause !== null) this.#tell(cause, before, nowMs);
    // Last: the answer may come at once, and is an event of its own.
    if (actions.includes('ask-witness')) this.#askWitness();
    else if (actions.includes('ask-group')) onReady();
  }

  #becomeActive(nowMs: number): void {
    this.#activeAtMs = nowMs;
    this.#goodbye.cancel();
  }

  #askWitness(): void {
    const wait = this.#witnessWait.ask();
    this.#seams.witness.ask(() => {
      if (!this.#witnessWait.isOpen(wait)) return;
      this.#seams.drain();
      if (this.#believesWitness()) this.#take(WITNESS);
    });
  }

  /** Who stood still begins its wait anew, whatever was answered. */
  #believesWitness(): boolean {
    const { learnedMs, lateAtMs } = this.#state;
    const nowMs = this.#seams.clock.nowMs();
    const intervalMs = learnedMs ?? this.#settings.advertiseMs;
    const listenMs = intervalMs + computeSkewTimeMs(this.#settings, intervalMs);
    return nowMs > lateAtMs || this.#witnessWait.believes(nowMs, listenMs);
  }

  /** Whoever yields to this one may still be heard: one more interval is theirs. */
  #lookForSplit(priority: number, advertiseMs: number, sender: string): void {
    const { clock } = this.#seams;
    if (priority === LEAVING_PRIORITY) this.#splits.end();
    else if (clock.nowMs() - this.#activeAtMs >= this.#settings.advertiseMs)
      this.#splits.hear(sender, priority, advertiseMs);
  }

  #priority(): number {
    return effectivePriority(this.#config.priority, this.#weight, this.#raise);
  }

  #reckonPriority(): void {
    const priority = this.#priority();
    if (priority === this.#settings.priority) return;
    this.#settings = { ...this.#settings, priority };
    this.#take({ kind: 'reconfigure', addresses: false });
  }

  #perform(action: Action): void {
    switch (action) {
      case 'advertise':
        this.#voice.say(this.#settings.priority);
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
      case 'ask-witness':
      case 'ask-group':
    }
  }

  /** Who claims to be active now. */
  #note(priority: number, advertiseMs: number, sender: string): void {
    const { name } = this.#state;
    if (priority === LEAVING_PRIORITY) this.#counters['priority-zero-received'] += 1;
    else if (name === 'active' && priority < this.#settings.priority)
      this.#counters['inferior-received'] += 1;
    this.#peer.hear(sender, priority, advertiseMs, this.#seams.clock.nowMs());
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
    this.wake();
  }

  #tell(cause: TransitionCause, before: MachineState, nowMs: number): void {
    const { clock, onTransition } = this.#seams;
    const to = this.#state.name;
    const { conditions } = this.#state;
    this.#reason = transitionReason(cause, {
      priority: this.#settings.priority,
      peer: this.#peer.peer,
      waitedMs: nowMs - before.setAtMs,
      preempts: this.#peer.atMs > before.setAtMs,
      lateMs: nowMs - before.dueAtMs,
      conditions,
      because: this.#because,
    });
    this.#sinceMs = clock.wallMs();
    if (to !== 'initialize') this.#counters[`became-${to}`] += 1;
    if (to === 'initialize') this.#addresses.close();
    if (before.name === 'active') this.#splits.end();
    const transition: InstanceTransition = {
      instance: this.#config.name,
      from: before.name,
      to,
      atMs: this.#sinceMs,
      reason: this.#reason,
    };
    onTransition(transition);
    this.#observer?.changed(transition);
    if (before.name === 'active') this.#lower();
  }

  /** What it was raised by was for as long as it was active. */
  #lower(): void {
    if (this.#state.name === 'active') return;
    this.#raise = 0;
    this.#outdoes = false;
    this.#reckonPriority();
  }
}

function settingsOf(config: VrrpInstance, source: string, priority: number): Settings {
  const { version, advertiseMs, preempt, preemptDelayMs, group } = config;
  const grouped = group !== null;
  return { version, priority, advertiseMs, preempt, preemptDelayMs, source, grouped, witness: false };
}

function sameAddresses(one: VrrpInstance, other: VrrpInstance): boolean {
  return JSON.stringify(one.addresses) === JSON.stringify(other.addresses);
}

function isLate({ name, lateAtMs }: MachineState, { kind }: MachineEvent, nowMs: number): boolean {
  return nowMs > lateAtMs && (name === 'active' || (name === 'backup' && kind === 'timer'));
}
