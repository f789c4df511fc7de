/** Directors that tell one another what they are by heartbeat lines, on segments that a test cuts; time is a fake clock's. */
import { decodeHello, isHelloDrop } from '../../native/vrrp/hello.js';
import type { InterfaceAddress, Link } from '../../native/rtnetlink/types.js';
import type { LineListener, OpenLine } from '../../src/ha/advertisement-line.js';
import { HeartbeatLines, type LineChange } from '../../src/ha/heartbeat-lines.js';
import type { VrrpInstance } from '../../src/model/vrrp-instance.js';
import type { VrrpState } from '../../src/model/vrrp-role.js';
import { FakeClock } from './fake-clock.js';
import { vrrpInstance } from './vrrp-instance.js';

interface Tap {
  readonly segment: string;
  readonly source: string;
  readonly listener: LineListener;
}

/** `eth1` of host 2 is 10.1.0.2 on the segment `eth1`. */
export function addressOn(name: string, host: number): string {
  return `10.${name.slice(3)}.0.${host}`;
}

/** Segments that are called as the interfaces on them. */
export class HeartbeatWires {
  readonly clock = new FakeClock();
  readonly cut = new Set<string>();
  /** Packets on all segments, with their hello in text. */
  readonly log: string[] = [];
  readonly taps = new Set<Tap>();

  /** Of one interface of a host. */
  open(options: Parameters<OpenLine>[0], listener: LineListener): ReturnType<OpenLine> {
    const segment = `eth${options.index - 1}`;
    const tap = { segment, source: options.source, listener };
    this.taps.add(tap);
    return {
      send: (bytes, destination) => {
        this.#carry(tap, bytes, destination);
        return null;
      },
      drain: () => undefined,
      close: () => void this.taps.delete(tap),
    };
  }

  #carry({ segment, source }: Tap, bytes: Uint8Array, destination: string): void {
    const path = { family: 'ipv4', source, destination, hopLimit: 255 } as const;
    const hello = decodeHello(bytes, path);
    if (isHelloDrop(hello)) throw new Error(hello.drop);
    const { state, priority, leaving, deaf } = hello;
    const flags = `${leaving ? ' leaving' : ''}${deaf ? ' deaf' : ''}`;
    this.log.push(`${segment} ${source} ${destination} ${state} ${priority}${flags}`);
    if (this.cut.has(segment)) return;
    for (const tap of [...this.taps])
      if (tap.segment === segment && tap.source === destination) tap.listener.onHello?.(hello, path);
  }
}

/** One director: what its instance is, a test says. */
export class LineHost {
  readonly number: number;
  readonly changes: LineChange[] = [];
  /** What counted as an advertisement. */
  readonly active: string[] = [];
  readonly links = new Map<string, Partial<Link>>();
  state: VrrpState = 'backup';
  priority: number;
  source: string | null;
  programmed = true;
  wakes = 0;
  openFails = false;
  onWake: () => void = () => undefined;
  readonly lines: HeartbeatLines;
  readonly config: VrrpInstance;

  constructor(wires: HeartbeatWires, number: number, own: Partial<VrrpInstance>) {
    this.number = number;
    this.config = vrrpInstance({ advertiseMs: 100, ...own });
    this.priority = this.config.priority;
    this.source = addressOn('eth0', number);
    for (const index of [0, 1, 2])
      this.links.set(`eth${index}`, { index: index + 1, up: true, carrier: true });
    this.lines = new HeartbeatLines(this.config, {
      clock: wires.clock,
      interfaces: {
        start: () => undefined,
        isOwnHardware: () => false,
        link: (name) => (this.links.get(name) as Link | undefined) ?? null,
        addresses: () => this.addresses(),
        close: () => undefined,
      },
      openLine: (options, listener) => {
        if (this.openFails) throw new Error('EPERM');
        return wires.open(options, listener);
      },
      moving: () => new Set(['10.1.0.100']),
      programmed: () => this.programmed,
      state: () => this.state,
      priority: () => this.priority,
      source: () => this.source,
      onWake: () => {
        this.wakes += 1;
        this.onWake();
      },
      onActive: (priority, advertiseMs, sender) =>
        void this.active.push(`${sender} ${priority} ${advertiseMs}`),
      onDrop: (reason) => {
        throw new Error(reason);
      },
      onChange: (change) => void this.changes.push(change),
    });
  }

  /** Of all interfaces; behind one that moves and one of another subnet. */
  addresses(): readonly InterfaceAddress[] {
    return ['eth0', 'eth1', 'eth2'].flatMap((name) => {
      const index = this.links.get(name)?.index ?? 0;
      const own = ['10.1.0.100', `172.16.0.${this.number}`, addressOn(name, this.number)];
      return own.map(
        (address) => ({ address, index, family: 'ipv4', flags: 0, prefixLength: 24 }) as InterfaceAddress,
      );
    });
  }

  start(): void {
    this.lines.look(this.addresses());
  }

  /** `eth1 10.1.0.2 silent` */
  get story(): readonly string[] {
    return this.changes.map(({ interface: name, peer, to }) => `${name} ${peer} ${to}`);
  }

  get states(): readonly string[] {
    return this.lines.describe().map(({ interface: name, peer, state }) => `${name} ${peer} ${state}`);
  }
}
