/**
 * One configured instance and the world around it: its interface and the address that it speaks from, its socket, and the
 * conditions that keep it in fault. What it does about them is the machine's to decide.
 */
import type { Clock, Timer } from '../base/clock.js';
import { reasonOf } from '../base/errors.js';
import { parseIp } from '../base/ip.js';
import type { VrrpInstance } from '../model/vrrp-instance.js';
import type { VrrpPeer, VrrpRole, VrrpState } from '../model/vrrp-role.js';
import { AdvertisementJudge } from '../../native/vrrp/judgement.js';
import type { ReceivedPath, VrrpAdvertisement } from '../../native/vrrp/packet.js';
import type { InterfaceAddress } from '../../native/rtnetlink/types.js';
import type { AddressOwner } from './address-owner.js';
import { AdoptedAddresses } from './adopted-addresses.js';
import { addressFamily, type Line, type LineListener, type OpenLine } from './advertisement-line.js';
import { advertisedAddresses, InstanceSender } from './instance-sender.js';
import { Instance } from './instance.js';
import type { HeardPeer, InstanceObserver, InstanceTransition, WitnessSeam } from './instance-seams.js';
import { InstanceConditions, type ConditionSource } from './instance-conditions.js';
import { DifferenceTeller } from './difference-teller.js';
import type { GroupMember } from './groups.js';
import { HeartbeatLines } from './heartbeat-lines.js';
import { OWNER_PRIORITY } from './machine.js';
import type { OrderTarget } from './orders.js';
import { findStandpoint, lookAtTracked, onlyMoving, type Standpoint } from './standpoint.js';
import { presenceOf } from './address-presence.js';
import type { Interfaces } from './interface-watch.js';
import type { Pacer } from './pacer.js';

export interface RunnerOptions {
  readonly clock: Clock;
  readonly pacer: Pacer;
  readonly addresses: AddressOwner;
  readonly interfaces: Interfaces;
  readonly openLine: OpenLine;
  /** Canonical text of all addresses that move: none of them is one to speak from. */
  readonly moving: () => ReadonlySet<string>;
  /** Whether addresses that are there already stay until somebody has them. */
  readonly adopt: boolean;
  /** When lvsd-vrrp began, by the clock. */
  readonly bornAtMs: number;
  readonly witness: WitnessSeam;
  /** Whether the own table has been programmed. */
  readonly programmed: () => boolean;
  readonly onTransition: (transition: InstanceTransition) => void;
  readonly onProblem: (message: string) => void;
  /** A line is silent, or heard again; or what its role says of that. */
  readonly onLines: () => void;
  /** What is wrong with it, of its own, is something else. */
  readonly onConditions: () => void;
  /** See `InstanceSeams`. */
  readonly onReady: () => void;
  readonly onSplit: (phase: 'begun' | 'ended', peer: VrrpPeer) => void;
}

/** A socket that could not be opened is tried again after this. */
export const REOPEN_MS = 1000;
/** From `start` to `stop`. */
export class InstanceRunner implements LineListener, GroupMember, OrderTarget {
  readonly #options: RunnerOptions;
  readonly #addresses: AdoptedAddresses;
  readonly #instance: Instance;
  readonly #lines: HeartbeatLines;
  #config: VrrpInstance;
  #standpoint: Standpoint | null = null;
  /** What it says and hears by is of a configuration before this one. */
  #outdated = false;
  #line: Line | null = null;
  #sender: InstanceSender | null = null;
  #judge: AdvertisementJudge | null = null;
  /** What of its interface keeps it in fault; null = nothing. */
  #obstacle: string | null = null;
  #retry: Timer | null = null;
  /** From which it spoke last. */
  #source: string | null = null;
  #askedAtMs = -Infinity;
  readonly #differences: DifferenceTeller;
  readonly #conditions: InstanceConditions;
  /** Until when it does not take part yet; null = it does. */
  #delay: Timer | null = null;
  /** Not all that it depends on is known. */
  #waits = false;
  /** It has not begun because it waits. */
  #isHeldBack = false;
  #stopped = false;

  constructor(config: VrrpInstance, options: RunnerOptions) {
    const { clock, pacer, addresses, adopt } = options;
    this.#options = options;
    this.#config = config;
    this.#addresses = new AdoptedAddresses(addresses, adopt);
    this.#instance = new Instance(config, '', {
      clock,
      sender: { send: (priority) => this.#send(priority) },
      addresses: this.#addresses,
      pacer,
      drain: () => this.#drain(),
      onTransition: (transition) => this.#tell(transition),
      onProblem: options.onProblem,
      onReady: options.onReady,
      onSplit: options.onSplit,
      witness: {
        needed: () => options.witness.needed() && this.#lines.anyLineSilent(),
        ask: (answered) => this.#askWitness(answered),
      },
    });
    this.#lines = this.#createLines();
    this.#conditions = new InstanceConditions(this.#instance);
    this.#differences = new DifferenceTeller(clock, options.onProblem);
  }

  get vrid(): number {
    return this.#config.vrid;
  }

  get config(): VrrpInstance {
    return this.#config;
  }

  get state(): VrrpState {
    return this.#instance.state;
  }

  get ready(): boolean {
    return this.#instance.ready;
  }

  get released(): boolean {
    return this.#instance.released;
  }

  get raised(): boolean {
    return this.#instance.raised;
  }

  get heardPeer(): HeardPeer | null {
    return this.#instance.heardPeer;
  }

  get ownConditions(): readonly string[] {
    return this.#conditions.own;
  }

  get ownWeight(): number {
    return this.#conditions.ownWeight;
  }

  get source(): string {
    return this.#standpoint?.source ?? '';
  }

  /** What was said of it before holds from the beginning. */
  start(): void {
    this.look();
    this.#begin();
  }

  /** Whether a new configuration is one of this instance, and not another one of the same name. */
  isSame(config: VrrpInstance): boolean {
    return identityOf(config) === identityOf(this.#config);
  }

  /** Goes on with it. @param config one that `isSame` */
  reconfigure(config: VrrpInstance): void {
    this.#outdated ||= JSON.stringify(config) !== JSON.stringify(this.#config);
    this.#config = config;
    this.#lines.reconfigure(config);
    if (this.#delay !== null) this.#begin();
    // Its source may be another one, also where the file says nothing of it: by which addresses move.
    this.look();
    // In fault it does not speak, and stands by what is new all the same.
    if (this.#outdated) this.#instance.reconfigure(config, this.#standpoint?.source ?? '');
  }

  /** What somebody sees of what it depends on, instead of all that was said before; see `InstanceConditions`. */
  say(source: ConditionSource, conditions: readonly string[], weight = 0): void {
    if (this.#conditions.say(source, conditions, weight)) this.#options.onConditions();
  }

  /** While it waits it does not begin; once begun it goes on. */
  wait(waits: boolean): void {
    this.#waits = waits;
    if (!waits && this.#isHeldBack && !this.#stopped) this.#begin();
  }

  share(conditions: readonly string[], weight: number): void {
    this.say('group', conditions, weight);
  }

  take(because: string, outdo: boolean): void {
    this.#instance.take(because, outdo);
  }

  yield(because: string, released: boolean): void {
    this.#instance.yield(because, released);
  }

  observe(observer: InstanceObserver | null): void {
    this.#instance.observe(observer);
  }

  /**
   * Looks at its interface: to be called whenever interfaces or their addresses may have changed.
   *
   * @param known the addresses of all interfaces as they are now, for whoever has them already
   */
  look(known?: readonly InterfaceAddress[]): void {
    if (this.#stopped) return;
    // Who stood still gives up before its lines say that it is active.
    this.#instance.wake();
    this.#retry?.cancel();
    this.#retry = null;
    try {
      const addresses = known ?? this.#options.interfaces.addresses();
      this.#lines.look(addresses);
      this.#track();
      const { interfaces, moving } = this.#options;
      const found = findStandpoint(this.#config, interfaces, addresses, moving());
      const index = interfaces.link(this.#config.interface)?.index ?? -1;
      const { family, source } = this.#config;
      this.#addresses.spare(source === null && onlyMoving(addresses, index, family, moving()).length > 0);
      if (typeof found === 'string') this.#hinder(found);
      else {
        // First: what it does as it stands makes the list an old one.
        this.#keep(addresses);
        this.#stand(found);
      }
    } catch (thrown) {
      this.#hinder(`cannot advertise by ${this.#config.interface}: ${openReason(thrown)}`);
      this.#retry = this.#options.clock.after(REOPEN_MS, () => this.look());
    }
  }

  role(): VrrpRole {
    const role = this.#instance.role();
    const counters = { ...role.counters, ...this.#lines.counters() };
    return { ...role, lines: this.#lines.describe(), counters };
  }

  /** Resolves when the addresses are gone and the others know. */
  async stop(): Promise<void> {
    this.#retry?.cancel();
    this.#delay?.cancel();
    for (const { message } of this.#addresses.release()) this.#options.onProblem(message);
    const over = this.#instance.stop();
    this.#stopped = true;
    await over;
    this.#close();
  }

  onAdvertisement(advertisement: VrrpAdvertisement, path: ReceivedPath): void {
    if (this.#judge === null) return;
    const verdict = this.#judge.judge(advertisement, path);
    if (verdict.drop !== null) {
      this.#instance.drop(verdict.drop);
      return;
    }
    this.#lines.noteAdvertisement(advertisement.priority, advertisement.advertiseMs, path.source);
    this.#disown();
    const { interval, addresses } = verdict.differs;
    if (interval || addresses) this.#differences.heard(advertisement, path.source, this.#config);
    this.#instance.hear(advertisement.priority, advertisement.advertiseMs, path.source);
  }

  onDrop(reason: string): void {
    this.#instance.drop(reason);
  }

  onFailure(message: string): void {
    this.#line = null;
    this.#standpoint = null;
    this.#hinder(`cannot hear others by ${this.#config.interface}: ${message}`);
    this.#retry?.cancel();
    this.#retry = this.#options.clock.after(REOPEN_MS, () => this.look());
  }

  #createLines(): HeartbeatLines {
    const { clock, interfaces, openLine, moving, programmed, onLines } = this.#options;
    return new HeartbeatLines(this.#config, {
      clock,
      interfaces,
      openLine,
      moving,
      programmed,
      state: () => this.#instance.state,
      priority: () => this.#instance.advertisedPriority,
      source: () => this.#source,
      onWake: () => this.#instance.wake(),
      onActive: (priority, advertiseMs, sender) => this.#hearActive(priority, advertiseMs, sender),
      onDrop: (reason) => this.#instance.drop(reason),
      onChange: onLines,
    });
  }

  /** By a heartbeat line. It counts as an advertisement, for those who let others be active. */
  #hearActive(priority: number, advertiseMs: number, sender: string): void {
    if (this.#config.priority === OWNER_PRIORITY) return;
    this.#disown();
    this.#instance.hear(priority, advertiseMs, sender);
  }

  /** Somebody else is active: what was left for this one is not its own any more. */
  #disown(): void {
    for (const { message } of this.#addresses.release()) this.#options.onProblem(message);
  }

  #drain(): void {
    this.#line?.drain();
    this.#lines.drain();
  }

  #tell(transition: InstanceTransition): void {
    // an active one has said so with its advertisement
    if (transition.to !== 'active') this.#lines.say(null);
    this.#options.onTransition(transition);
  }

  #askWitness(answered: () => void): void {
    const nowMs = this.#options.clock.nowMs();
    const isFirst = nowMs - this.#askedAtMs > 2 * this.#config.advertiseMs;
    this.#askedAtMs = nowMs;
    if (isFirst) this.#options.onLines();
    this.#options.witness.ask(answered);
  }

  #keep(addresses: readonly InterfaceAddress[]): void {
    const forms = new Map<string, InterfaceAddress[]>();
    for (const form of addresses) {
      const place = `${form.index} ${canonical(form.address)}`;
      forms.set(place, [...(forms.get(place) ?? []), form]);
    }
    this.#instance.keep((each) => {
      const link = this.#options.interfaces.link(each.interface);
      const place = `${link?.index ?? 0} ${canonical(each.address)}`;
      return presenceOf(each, each.interface, forms.get(place) ?? []);
    });
  }

  /** At once, or when lvsd-vrrp has run for so long. */
  #begin(): void {
    const { clock, bornAtMs } = this.#options;
    const { startDelayMs } = this.#config;
    this.#delay?.cancel();
    this.#delay = null;
    const leftMs = bornAtMs + startDelayMs - clock.nowMs();
    if (startDelayMs === 0 || leftMs <= 0) {
      this.#isHeldBack = this.#waits;
      if (this.#waits) this.#instance.delay('it waits for the first results of what it depends on');
      else this.#instance.start();
      return;
    }
    this.#instance.delay(`it takes part ${startDelayMs / 1000} s after the start of lvsd-vrrp`);
    this.#delay = clock.after(leftMs, () => this.#begin());
  }

  #track(): void {
    const { faults, weight } = lookAtTracked(this.#config.trackedInterfaces, this.#options.interfaces);
    this.say('tracked-interfaces', faults, weight);
  }

  #hinder(obstacle: string): void {
    if (obstacle === this.#obstacle) return;
    this.#obstacle = obstacle;
    this.say('interface', [obstacle]);
  }

  /** @throws SyscallError, CodecError */
  #stand(standpoint: Standpoint): void {
    const { index, source } = this.#standpoint ?? {};
    const moved = index !== standpoint.index || source !== standpoint.source;
    if (moved || this.#outdated) this.#speakFrom(standpoint);
    this.#obstacle = null;
    this.say('interface', []);
  }

  /** @throws SyscallError, CodecError */
  #speakFrom(standpoint: Standpoint): void {
    const former = this.#line;
    const { index, source } = standpoint;
    const { family, peers } = this.#config;
    const group = peers.length === 0;
    const line = this.#options.openLine({ family: addressFamily(family), index, group, source }, this);
    former?.close();
    this.#line = line;
    this.#sender = new InstanceSender(this.#config, source, line);
    this.#judge = new AdvertisementJudge({
      ...this.#config,
      addresses: advertisedAddresses(this.#config),
      source,
    });
    this.#standpoint = standpoint;
    this.#source = source;
    this.#outdated = false;
    this.#instance.reconfigure(this.#config, source);
  }

  #send(priority: number): boolean {
    this.#lines.say(priority);
    if (this.#sender === null) throw new Error(this.#obstacle ?? 'there is no socket');
    return this.#sender.send(priority);
  }

  #close(): void {
    this.#lines.close();
    this.#line?.close();
    this.#line = null;
    this.#sender = null;
    this.#judge = null;
  }
}

function canonical(address: string): string {
  return parseIp(address)?.text ?? address;
}

/** What cannot change in place: it would be another virtual router. */
function identityOf({ interface: name, family, vrid, version }: VrrpInstance): string {
  return `${name} ${family} ${vrid} ${version}`;
}

function openReason(thrown: unknown): string {
  const reason = reasonOf(thrown);
  return reason.endsWith('EPERM') ? `${reason}: give lvsd CAP_NET_RAW` : reason;
}
