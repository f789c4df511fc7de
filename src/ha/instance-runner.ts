/**
 * One configured instance and the world around it: its interface and the address that it speaks from, its socket, and the
 * conditions that keep it in fault. What it does about them is the machine's to decide.
 */
import type { Clock, Timer } from '../base/clock.js';
import { reasonOf } from '../base/errors.js';
import { parseIp } from '../base/ip.js';
import type { VrrpInstance } from '../model/vrrp-instance.js';
import type { VrrpRole } from '../model/vrrp-role.js';
import { AdvertisementJudge } from '../../native/vrrp/judgement.js';
import type { ReceivedPath, VrrpAdvertisement } from '../../native/vrrp/packet.js';
import type { InterfaceAddress } from '../../native/rtnetlink/types.js';
import { chooseSource } from '../../native/vrrp/source.js';
import type { AddressOwner } from './address-owner.js';
import { AdoptedAddresses } from './adopted-addresses.js';
import { addressFamily, type Line, type LineListener, type OpenLine } from './advertisement-line.js';
import { advertisedAddresses, InstanceSender } from './instance-sender.js';
import { Instance, type InstanceTransition } from './instance.js';
import { presenceOf } from './address-presence.js';
import { carries, type Interfaces } from './interface-watch.js';
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
  readonly onTransition: (transition: InstanceTransition) => void;
  readonly onProblem: (message: string) => void;
}

/** A socket that could not be opened is tried again after this. */
export const REOPEN_MS = 1000;
/** Whoever sends something else each time is told of so often. */
const DIFFERENCES_MS = 10_000;

/** From which address and by which interface it speaks. */
interface Standpoint {
  readonly index: number;
  readonly source: string;
}

/** From `start` to `stop`. */
export class InstanceRunner implements LineListener {
  readonly #options: RunnerOptions;
  readonly #addresses: AdoptedAddresses;
  readonly #instance: Instance;
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
  /** What was told of how others are configured, so that it is told once. */
  #toldDifference = '';
  /** In which it was; who repeats it has the same object most of the time. */
  #toldOf: VrrpAdvertisement | null = null;
  #tellAgainMs = -Infinity;
  #stopped = false;

  constructor(config: VrrpInstance, options: RunnerOptions) {
    const { clock, pacer, addresses, adopt, onTransition } = options;
    this.#options = options;
    this.#config = config;
    this.#addresses = new AdoptedAddresses(addresses, adopt);
    this.#instance = new Instance(config, '', {
      clock,
      sender: { send: (priority) => this.#send(priority) },
      addresses: this.#addresses,
      pacer,
      drain: () => this.#line?.drain(),
      onTransition,
      onProblem: options.onProblem,
    });
  }

  get vrid(): number {
    return this.#config.vrid;
  }

  get config(): VrrpInstance {
    return this.#config;
  }

  /** @param conditions that hold at the moment, beside those of the interface */
  start(conditions: readonly string[]): void {
    for (const condition of conditions) this.#instance.fault(condition);
    this.look();
    this.#instance.start();
  }

  /** Whether a new configuration is one of this instance, and not another one of the same name. */
  isSame(config: VrrpInstance): boolean {
    return identityOf(config) === identityOf(this.#config);
  }

  /** Goes on with it. @param config one that `isSame` */
  reconfigure(config: VrrpInstance): void {
    this.#outdated ||= JSON.stringify(config) !== JSON.stringify(this.#config);
    this.#config = config;
    // Its source may be another one, also where the file says nothing of it: by which addresses move.
    this.look();
    // In fault it does not speak, and stands by what is new all the same.
    if (this.#outdated) this.#instance.reconfigure(config, this.#standpoint?.source ?? '');
  }

  fault(condition: string): void {
    this.#instance.fault(condition);
  }

  clear(condition: string): void {
    this.#instance.clear(condition);
  }

  /**
   * Looks at its interface: to be called whenever interfaces or their addresses may have changed.
   *
   * @param known the addresses of all interfaces as they are now, for whoever has them already
   */
  look(known?: readonly InterfaceAddress[]): void {
    if (this.#stopped) return;
    this.#retry?.cancel();
    this.#retry = null;
    try {
      const addresses = known ?? this.#options.interfaces.addresses();
      const found = this.#find(addresses);
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
    return this.#instance.role();
  }

  /** Resolves when the addresses are gone and the others know. */
  async stop(): Promise<void> {
    this.#retry?.cancel();
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
    for (const { message } of this.#addresses.release()) this.#options.onProblem(message);
    const { interval, addresses } = verdict.differs;
    if (interval || addresses) this.#tellDifference(advertisement, path);
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

  /** The standpoint, or what is in its way. */
  #find(addresses: readonly InterfaceAddress[]): Standpoint | string {
    const { interfaces, moving } = this.#options;
    const { interface: name, family, source } = this.#config;
    const link = interfaces.link(name);
    if (link === null) return `there is no interface ${name}`;
    if (!carries(link)) return `interface ${name} is ${link.up ? 'without carrier' : 'down'}`;
    const own = source ?? chooseSource(addresses, link.index, addressFamily(family), moving());
    if (own !== null) return { index: link.index, source: canonical(own) };
    const kind = family === 4 ? 'IPv4' : 'link-local IPv6';
    return `interface ${name} has no ${kind} address to advertise from`;
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

  #hinder(obstacle: string): void {
    if (obstacle === this.#obstacle) return;
    this.#instance.fault(obstacle);
    if (this.#obstacle !== null) this.#instance.clear(this.#obstacle);
    this.#obstacle = obstacle;
  }

  /** @throws SyscallError, CodecError */
  #stand(standpoint: Standpoint): void {
    const { index, source } = this.#standpoint ?? {};
    const moved = index !== standpoint.index || source !== standpoint.source;
    if (moved || this.#outdated) this.#speakFrom(standpoint);
    if (this.#obstacle !== null) this.#instance.clear(this.#obstacle);
    this.#obstacle = null;
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
    this.#outdated = false;
    this.#instance.reconfigure(this.#config, source);
  }

  #send(priority: number): boolean {
    if (this.#sender === null) throw new Error(this.#obstacle ?? 'there is no socket');
    return this.#sender.send(priority);
  }

  #tellDifference(advertisement: VrrpAdvertisement, { source }: ReceivedPath): void {
    const nowMs = this.#options.clock.nowMs();
    if (advertisement === this.#toldOf || nowMs < this.#tellAgainMs) return;
    const { advertiseMs, addresses } = advertisement;
    const difference = `${source} ${advertiseMs} ${addresses.join(' ')}`;
    this.#toldOf = advertisement;
    if (difference === this.#toldDifference) return;
    this.#toldDifference = difference;
    this.#tellAgainMs = nowMs + DIFFERENCES_MS;
    const own = `${this.#config.advertiseMs} ms and ${advertisedAddresses(this.#config).join(', ')}`;
    this.#options.onProblem(
      `hear ${source}: it advertises every ${advertiseMs} ms ${addresses.join(', ')}, this director ` +
        `every ${own}: configure both alike`,
    );
  }

  #close(): void {
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
