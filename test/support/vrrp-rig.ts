/**
 * Two or three directors on a virtual LAN with one virtual router between them. Each is an `Instance`, with addresses that
 * are kept in a set; what an operator, the network and the scheduler of the host may do to it is here.
 */
import { Instance } from '../../src/ha/instance.js';
import { Pacer } from '../../src/ha/pacer.js';
import type { InstanceAddress, VrrpInstance } from '../../src/model/vrrp-instance.js';
import { FakeClock } from './fake-clock.js';
import type { SeededRandom } from './random.js';
import { VirtualLan, type LanHost, type LanPacket } from './virtual-lan.js';
import { vip, vrrpInstance } from './vrrp-instance.js';

export type Changes = Partial<
  Pick<VrrpInstance, 'priority' | 'advertiseMs' | 'preempt' | 'preemptDelayMs' | 'addresses'>
>;

/** A moment of one director that a test may look at. */
export interface Watcher {
  /** After everything that happened anywhere. */
  readonly turned?: () => void;
  /** After a timer of it. */
  readonly timed?: (director: Director) => void;
  /** Before the director hears it. */
  readonly hears?: (director: Director, packet: LanPacket) => void;
  readonly sends?: (director: Director, priority: number) => void;
  readonly announces?: (director: Director) => void;
  /** @param answered to be called by a timer of the host, or never */
  readonly asks?: (director: Director, answered: () => void) => void;
}

export class Director {
  readonly host: LanHost;
  readonly source: string;
  /** Of addresses, as text. */
  readonly held = new Set<string>();
  readonly conditions = new Set<string>();
  config: VrrpInstance;
  instance: Instance;
  running = false;
  needsWitness = false;
  readonly #watcher: Watcher;

  constructor(host: LanHost, source: string, config: VrrpInstance, watcher: Watcher) {
    this.host = host;
    this.source = source;
    this.config = config;
    this.#watcher = watcher;
    this.instance = this.#create();
  }

  get name(): string {
    return this.host.name;
  }

  get isActive(): boolean {
    return this.instance.state === 'active';
  }

  start(): void {
    this.running = true;
    this.instance.start();
  }

  stop(): void {
    this.running = false;
    void this.instance.stop();
  }

  fault(condition: string): void {
    this.conditions.add(condition);
    this.instance.fault(condition);
  }

  clear(condition: string): void {
    this.conditions.delete(condition);
    this.instance.clear(condition);
  }

  take(): void {
    this.instance.take('it is ordered', false);
  }

  yield(released: boolean): void {
    this.instance.yield('it is ordered', released);
  }

  reload(changes: Changes): void {
    this.config = { ...this.config, ...changes };
    this.instance.reconfigure(this.config, this.source);
  }

  /** The process is gone without a word; who started it removes the addresses. */
  kill(): void {
    this.host.kill();
    this.running = false;
    this.held.clear();
    this.conditions.clear();
    this.instance = this.#create();
  }

  #create(): Instance {
    this.host.listen(
      (packet) => {
        this.#watcher.hears?.(this, packet);
        this.instance.hear(packet.priority, packet.advertiseMs, packet.sender);
      },
      () => this.#watcher.timed?.(this),
    );
    return new Instance(this.config, this.source, {
      clock: this.host,
      sender: {
        send: (priority) => {
          this.#watcher.sends?.(this, priority);
          this.host.send({ priority, advertiseMs: this.config.advertiseMs, sender: this.source });
          return true;
        },
      },
      addresses: {
        add: (addresses) => this.#each(addresses, (address) => this.held.add(address)),
        announce: () => {
          this.#watcher.announces?.(this);
          return [];
        },
        mend: () => [],
        remove: (addresses) => this.#each(addresses, (address) => this.held.delete(address)),
      },
      pacer: new Pacer(this.host),
      drain: () => this.host.drain(),
      onTransition: () => undefined,
      onReady: () => undefined,
      onSplit: () => undefined,
      witness: {
        needed: () => this.needsWitness,
        ask: (answered) => this.#watcher.asks?.(this, answered),
      },
      onProblem: (message) => {
        throw new Error(message);
      },
    });
  }

  #each(addresses: readonly InstanceAddress[], act: (address: string) => void): readonly [] {
    for (const { address } of addresses) act(address);
    return [];
  }
}

export class VrrpRig {
  readonly clock = new FakeClock();
  readonly lan: VirtualLan;
  readonly directors: readonly Director[];

  constructor(random: SeededRandom, configs: readonly Changes[], version: 2 | 3, watcher: Watcher) {
    this.lan = new VirtualLan(this.clock, random, () => watcher.turned?.());
    this.directors = configs.map((config, index) => {
      const host = this.lan.attach(`d${index + 1}`);
      return new Director(host, `10.0.0.${index + 9}`, { ...template, version, ...config }, watcher);
    });
  }

  get active(): readonly Director[] {
    return this.directors.filter(({ isActive }) => isActive);
  }
}

const template = vrrpInstance({ addresses: [vip('10.0.0.100/24')] });
