/**
 * One heartbeat line: tells the other director what this one is, and watches whether the other one tells the same.
 *
 * It has a socket while its interface carries packets and has an address to speak from; without one it is silent for that
 * reason, and comes back by itself. A hello that repeats the last one is sent and heard without anything being made anew.
 */
import type { Clock, Timer } from '../base/clock.js';
import { reasonOf } from '../base/errors.js';
import { parseIp } from '../base/ip.js';
import type { HeartbeatLine as HeartbeatLineConfig } from '../model/vrrp-instance.js';
import type { VrrpLine, VrrpState } from '../model/vrrp-role.js';
import { encodeHello, type Hello } from '../../native/vrrp/hello.js';
import type { ReceivedPath } from '../../native/vrrp/packet.js';
import { chooseSource } from '../../native/vrrp/source.js';
import type { InterfaceAddress } from '../../native/rtnetlink/types.js';
import { addressFamily, type Line, type LineListener, type OpenLine } from './advertisement-line.js';
import { carries, type Interfaces } from './interface-watch.js';
import { LineWatch, type LineNews } from './line-watch.js';
import { onSameSubnet } from './same-subnet.js';
import { computeActiveDownMs, type TimerSettings } from './timers.js';

/** What a line needs of its instance, and of the host. */
export interface HeartbeatLineOptions {
  readonly clock: Clock;
  readonly interfaces: Interfaces;
  readonly openLine: OpenLine;
  /** Canonical text of all addresses that move: none of them is one to speak from. */
  readonly moving: () => ReadonlySet<string>;
  /** Of this instance, from the other director that the line is to. */
  readonly onHello: (hello: Hello, line: HeartbeatLine) => void;
  readonly onDrop: (reason: string) => void;
  readonly onNews: (line: HeartbeatLine, news: LineNews) => void;
}

/** What the instance is, said on every line. */
export interface OwnHello {
  readonly priority: number;
  readonly state: VrrpState;
  readonly source: string | null;
  readonly programmed: boolean;
  readonly leaving: boolean;
}

/** Of the instance, and constant until it is configured anew. */
export interface LineInstance extends TimerSettings {
  readonly family: 4 | 6;
  readonly vrid: number;
  readonly advertiseMs: number;
}

/** A director that starts with this one may need so long until it speaks; nothing is told of its silence before. */
export const FIRST_HELLO_MS = 5000;
/** A socket that could not be opened is tried again after this. */
const REOPEN_MS = 1000;
/** Intervals without a hello after which a line is not relied on any more. */
export const DOUBTFUL_INTERVALS = 2;

/** From which address and by which interface it speaks. */
interface Standpoint {
  readonly index: number;
  readonly source: string;
}

/** From the first `look` to `close`. */
export class HeartbeatLine implements LineListener {
  readonly interface: string;
  /** Canonical text. */
  readonly peer: string;
  readonly #options: HeartbeatLineOptions;
  readonly #watch: LineWatch;
  #instance: LineInstance;
  #standpoint: Standpoint | null = null;
  #line: Line | null = null;
  #retry: Timer | null = null;
  #heardAtMs = -Infinity;
  #heard: Hello | null = null;
  #bytes: Uint8Array | null = null;
  /** What the bytes say. */
  #said: Hello | null = null;
  #sent = 0;
  #received = 0;
  #closed = false;

  constructor(config: HeartbeatLineConfig, instance: LineInstance, options: HeartbeatLineOptions) {
    this.interface = config.interface;
    this.peer = parseIp(config.peer)?.text ?? config.peer;
    this.#instance = instance;
    this.#options = options;
    this.#watch = new LineWatch(options.clock, (news) => options.onNews(this, news));
    this.#watch.expect(
      options.clock.nowMs() + Math.max(FIRST_HELLO_MS, this.#patienceMs(instance.advertiseMs)),
    );
  }

  get vrid(): number {
    return this.#instance.vrid;
  }

  /** What the other one said last; null = nothing yet. */
  get heard(): Hello | null {
    return this.#heard;
  }

  get sent(): number {
    return this.#sent;
  }

  get received(): number {
    return this.#received;
  }

  /** When it is silent unless something comes, of the monotonic clock. */
  get dueAtMs(): number {
    return this.#watch.dueAtMs;
  }

  /**
   * Whether its silence would mean anything: nothing is missing yet, or the other one said that it ends. Earlier than `silent`,
   * for a wait for the same silence ends at the same moment.
   */
  isReliable(nowMs: number): boolean {
    if (this.#heard === null) return false;
    if (this.#heard.leaving) return true;
    return (
      this.#watch.state === 'heard' && nowMs - this.#heardAtMs < DOUBTFUL_INTERVALS * this.#heard.advertiseMs
    );
  }

  reconfigure(instance: LineInstance): void {
    if (instance.vrid !== this.#instance.vrid || instance.family !== this.#instance.family) this.#leave();
    this.#instance = instance;
  }

  /** Looks at its interface: to be called whenever interfaces or their addresses may have changed. */
  look(addresses: readonly InterfaceAddress[]): void {
    if (this.#closed) return;
    this.#retry?.cancel();
    this.#retry = null;
    const found = this.#find(addresses);
    if (typeof found === 'string') this.#hinder(found);
    else if (found.index !== this.#standpoint?.index || found.source !== this.#standpoint.source)
      this.#speakFrom(found);
  }

  /** Tells the other one. What cannot be sent is missed over there, which is what a line is for. */
  say(own: OwnHello, deaf: boolean): void {
    if (this.#line === null || this.#standpoint === null) return;
    if (this.#bytes === null || !this.#saysAlready(own, deaf)) this.#encode(own, deaf, this.#standpoint);
    if (this.#bytes !== null && this.#line.send(this.#bytes, this.peer) === null) this.#sent += 1;
  }

  drain(): void {
    this.#line?.drain();
  }

  /** Silent if nothing came in time. */
  check(nowMs: number): void {
    if (nowMs < this.#watch.dueAtMs) return;
    this.#watch.silent(
      this.#heard === null
        ? `${this.peer} was not heard there yet`
        : `${this.peer} was not heard there for ${Math.round(nowMs - this.#heardAtMs)} ms`,
    );
  }

  describe(): VrrpLine {
    const { state, reason, sinceMs } = this.#watch;
    return { interface: this.interface, peer: this.peer, state, reason, sinceMs };
  }

  /** Idempotent. */
  close(): void {
    this.#closed = true;
    this.#retry?.cancel();
    this.#retry = null;
    this.#leave();
  }

  onHello(hello: Hello, path: ReceivedPath): void {
    // every line of the interface hears all of them
    if (path.source !== this.peer) return;
    const nowMs = this.#options.clock.nowMs();
    this.#received += 1;
    this.#heard = hello;
    this.#heardAtMs = nowMs;
    if (hello.leaving) this.#watch.silent(`${this.peer} has left`);
    else this.#watch.heard(nowMs + this.#patienceMs(hello.advertiseMs), `${this.peer} is heard there`);
    this.#options.onHello(hello, this);
  }

  onAdvertisement(): void {
    // those of an instance whose peers are told one by one by the same interface
  }

  onDrop(reason: string): void {
    this.#options.onDrop(reason);
  }

  onFailure(message: string): void {
    this.#leave();
    this.#hinder(`cannot hear others by ${this.interface}: ${message}`);
    this.#lookLater();
  }

  /** Three intervals of the other one, and the own skew: what an advertisement of it would be waited for. */
  #patienceMs(advertiseMs: number): number {
    return computeActiveDownMs(this.#instance, advertiseMs);
  }

  /** The standpoint, or what is in its way. */
  #find(addresses: readonly InterfaceAddress[]): Standpoint | string {
    const { interfaces, moving } = this.#options;
    const link = interfaces.link(this.interface);
    if (link === null) return `there is no interface ${this.interface}`;
    if (!carries(link)) return `interface ${this.interface} is ${link.up ? 'without carrier' : 'down'}`;
    const family = addressFamily(this.#instance.family);
    // the one that the other director knows this one by
    const beside = addresses.find(
      (address) =>
        address.index === link.index &&
        address.family === family &&
        !moving().has(address.address) &&
        onSameSubnet(address.address, this.peer, address.prefixLength),
    );
    const source = beside?.address ?? chooseSource(addresses, link.index, family, moving());
    if (source !== null) return { index: link.index, source: parseIp(source)?.text ?? source };
    return `interface ${this.interface} has no address to tell ${this.peer} from`;
  }

  #speakFrom(standpoint: Standpoint): void {
    const former = this.#line;
    const family = addressFamily(this.#instance.family);
    try {
      this.#line = this.#options.openLine({ family, ...standpoint, group: false }, this);
      this.#standpoint = standpoint;
      this.#bytes = null;
      former?.close();
    } catch (thrown) {
      this.#hinder(`cannot speak by ${this.interface}: ${reasonOf(thrown)}`);
      this.#lookLater();
    }
  }

  #hinder(obstacle: string): void {
    this.#leave();
    this.#watch.silent(obstacle);
  }

  #lookLater(): void {
    this.#retry?.cancel();
    this.#retry = this.#options.clock.after(REOPEN_MS, () => {
      this.#retry = null;
      try {
        this.look(this.#options.interfaces.addresses());
      } catch {
        this.#lookLater();
      }
    });
  }

  #leave(): void {
    this.#line?.close();
    this.#line = null;
    this.#standpoint = null;
    this.#bytes = null;
  }

  #saysAlready(own: OwnHello, deaf: boolean): boolean {
    const said = this.#said;
    return (
      said !== null &&
      said.vrid === this.#instance.vrid &&
      said.advertiseMs === this.#instance.advertiseMs &&
      said.priority === own.priority &&
      said.state === own.state &&
      said.source === own.source &&
      said.programmed === own.programmed &&
      said.leaving === own.leaving &&
      said.deaf === deaf
    );
  }

  #encode(own: OwnHello, deaf: boolean, { source }: Standpoint): void {
    const { vrid, advertiseMs, family } = this.#instance;
    this.#said = { ...own, vrid, advertiseMs, deaf };
    const path = { family: addressFamily(family), source, destination: this.peer };
    this.#bytes = encodeHello(this.#said, path);
  }
}
