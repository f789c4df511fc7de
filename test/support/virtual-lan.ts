/**
 * Hosts on one network that loses, delays and splits, and whose processes stand still now and then. Time is a fake clock's;
 * each host has a monotonic clock of its own, with another beginning.
 */
import type { Clock, Timer } from '../../src/base/clock.js';
import type { FakeClock } from './fake-clock.js';
import type { SeededRandom } from './random.js';

export interface LanPacket {
  readonly priority: number;
  readonly advertiseMs: number;
  readonly sender: string;
}

/** No timer of Node ends sooner. */
const SHORTEST_TIMER_MS = 1;
/** Nor exactly on time. */
const LEAST_LATENESS_MS = 0.001;

interface Callback {
  readonly run: () => void;
  cancelled: boolean;
}

/** One host: what its process sees of the world. */
export class LanHost implements Clock {
  readonly name: string;
  readonly #lan: VirtualLan;
  readonly #startMs: number;
  #hear: (packet: LanPacket) => void = () => undefined;
  #timed: () => void = () => undefined;
  #paused = false;
  /** What would have run while it stood still, and what came in. */
  #overdue: Callback[] = [];
  #inbox: LanPacket[] = [];
  readonly #timers = new Set<Callback>();

  constructor(lan: VirtualLan, name: string, startMs: number) {
    this.#lan = lan;
    this.name = name;
    this.#startMs = startMs;
  }

  get paused(): boolean {
    return this.#paused;
  }

  nowMs(): number {
    return this.#startMs + this.#lan.clock.nowMs();
  }

  wallMs(): number {
    return this.#lan.clock.wallMs();
  }

  /** Fires a little late, as timers do. */
  after(delayMs: number, callback: () => void): Timer {
    const entry: Callback = { run: callback, cancelled: false };
    this.#timers.add(entry);
    const waitMs = Math.max(delayMs, SHORTEST_TIMER_MS) + this.#lan.lateness();
    const timer = this.#lan.clock.after(waitMs, () => this.#fire(entry));
    return {
      cancel: () => {
        entry.cancelled = true;
        this.#timers.delete(entry);
        timer.cancel();
      },
    };
  }

  /** @param timed called after each timer of it */
  listen(hear: (packet: LanPacket) => void, timed: () => void): void {
    this.#hear = hear;
    this.#timed = timed;
  }

  send(packet: LanPacket): void {
    this.#lan.carry(this, packet);
  }

  /** Called by the network. */
  arrive(packet: LanPacket): void {
    this.#inbox.push(packet);
    if (this.#paused) return;
    this.drain();
    this.#lan.turned();
  }

  /** Hears what waits. */
  drain(): void {
    for (let packet = this.#inbox.shift(); packet !== undefined; packet = this.#inbox.shift()) {
      this.#hear(packet);
    }
  }

  /** SIGSTOP. */
  pause(): void {
    this.#paused = true;
  }

  /** SIGCONT: timers come first, as in a loop that looks at them before it reads. */
  resume(): void {
    this.#paused = false;
    const overdue = this.#overdue;
    this.#overdue = [];
    for (const entry of overdue) this.#run(entry);
    this.drain();
    this.#lan.turned();
  }

  /** SIGKILL: nothing of it runs any more. */
  kill(): void {
    for (const entry of this.#timers) entry.cancelled = true;
    this.#timers.clear();
    this.#inbox = [];
    this.#overdue = [];
    this.#hear = () => undefined;
  }

  #fire(entry: Callback): void {
    if (this.#paused) return void this.#overdue.push(entry);
    this.#run(entry);
    this.#lan.turned();
  }

  #run(entry: Callback): void {
    if (entry.cancelled) return;
    this.#timers.delete(entry);
    entry.run();
    this.#timed();
  }
}

export class VirtualLan {
  readonly clock: FakeClock;
  readonly #random: SeededRandom;
  readonly #turned: () => void;
  readonly #hosts: LanHost[] = [];
  readonly #sides = new Map<LanHost, number>();
  /** 0..1 */
  loss = 0;
  /** Of each packet on its own, so that they overtake one another. */
  longestDelayMs = 0;
  /** Of each timer. */
  longestLatenessMs = 0;

  /** @param turned called after whatever happened in a host */
  constructor(clock: FakeClock, random: SeededRandom, turned: () => void) {
    this.clock = clock;
    this.#random = random;
    this.#turned = turned;
  }

  attach(name: string): LanHost {
    const host = new LanHost(this, name, this.#random.int(0, 1_000_000));
    this.#hosts.push(host);
    return host;
  }

  /** Every host is on one of so many sides, which do not hear each other. */
  split(sides: number): void {
    for (const host of this.#hosts) this.#sides.set(host, this.#random.int(1, sides));
  }

  /** One network, without loss. */
  heal(): void {
    this.#sides.clear();
    this.loss = 0;
  }

  /** What is on its way arrives, even if the network is split meanwhile. */
  carry(from: LanHost, packet: LanPacket): void {
    for (const host of this.#hosts) {
      if (host === from || this.#sides.get(host) !== this.#sides.get(from)) continue;
      if (this.#random.chance(this.loss)) continue;
      this.clock.after(this.#random.next() * this.longestDelayMs, () => host.arrive(packet));
    }
  }

  lateness(): number {
    return LEAST_LATENESS_MS + this.#random.next() * this.longestLatenessMs;
  }

  turned(): void {
    this.#turned();
  }
}
