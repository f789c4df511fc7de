/**
 * The lab: clients, directors and real servers as namespaces of the test kernel, with real packets between them.
 *
 *     two (for NAT)                                    flat (for DR and TUN)
 *     clients -- outer -- directors -- inner -- servers    clients, directors and servers on outer
 *
 * Host part of an address by role: directors .1 and .2, clients .11 and on, servers .21 and on, the VIP .100, the inner
 * gateway that directors may share .254; 10.1.0.0/24 and fd00:1::/64 are outer, 10.2.0.0/24 and fd00:2::/64 inner.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Namespace } from './namespace.js';
import { addressLine, Network, type HostPlan, type Plug } from './network.js';

export type IpVersion = 4 | 6;

/** A host of the lab. `eth0` is its first interface. */
export interface LabHost {
  readonly name: string;
  readonly namespace: Namespace;
  /** On `eth0`, by IP version. */
  readonly address: Readonly<Record<IpVersion, string>>;
}

/** The directors of the layout `two` have a second interface, `eth1`, on the side of the servers. */
export interface LabDirector extends LabHost {
  /** On the side of the servers; in the layout `flat` the same as `address`. */
  readonly inner: Readonly<Record<IpVersion, string>>;
}

export interface LabOptions {
  readonly layout: 'two' | 'flat';
  /** Default 3. */
  readonly servers?: number;
  /** Default 1. */
  readonly clients?: number;
  /** Default 1. */
  readonly directors?: 1 | 2;
  /** Kernel modules that the guest has not loaded by itself: `fou`, `sctp`, `ip6_tunnel`. */
  readonly modules?: readonly string[];
}

const outer = 1;
const inner = 2;

export class Lab {
  readonly layout: LabOptions['layout'];
  readonly network: Network;
  readonly clients: readonly LabHost[];
  readonly directors: readonly LabDirector[];
  readonly servers: readonly LabHost[];
  /** Nobody has it before `holdVip`. */
  readonly vip: Readonly<Record<IpVersion, string>> = addressesOf(outer, 100);
  /** For two directors that share the role of the servers' gateway. Nobody has it yet. */
  readonly innerGateway: Readonly<Record<IpVersion, string>> = addressesOf(inner, 254);
  readonly #closing: (() => unknown)[] = [];

  private constructor(options: LabOptions) {
    const { layout, servers = 3, clients = 1, directors = 1, modules = [] } = options;
    if (modules.length > 0) loadModules(modules);
    const side = layout === 'two' ? inner : outer;
    const clientRows = rows(clients, 'cl', 11);
    const directorRows = rows(directors, 'dir', 1);
    const serverRows = rows(servers, 'rs', 21);
    this.layout = layout;
    this.network = Network.create({
      segments: layout === 'two' ? ['outer', 'inner'] : ['outer'],
      hosts: [
        ...clientRows.map((row) => ({ name: row.name, plugs: [plug('eth0', outer, row.number)] })),
        ...directorRows.map((row) => directorPlan(row, layout)),
        ...serverRows.map((row) => ({ name: row.name, plugs: [plug('eth0', side, row.number)] })),
      ],
    });
    this.clients = clientRows.map((row) => this.#host(row, outer));
    this.directors = directorRows.map((row) => ({
      ...this.#host(row, outer),
      inner: addressesOf(side, row.number),
    }));
    this.servers = serverRows.map((row) => this.#host(row, side));
  }

  /** Builds it, in a second or so. Whoever builds it closes it. One at a time, for namespaces have names. */
  static create(options: LabOptions): Lab {
    return new Lab(options);
  }

  /** The first of each, for the many tests that have no other. */
  get client(): LabHost {
    return this.clients[0]!;
  }

  get director(): LabDirector {
    return this.directors[0]!;
  }

  /**
   * Gives the VIP, both versions, to a director.
   *
   * The IPv6 one is deprecated from the start, as it should be on every director: as a source address of its tunnels it would make the
   * servers, who have it too, drop what comes.
   */
  holdVip(director: LabDirector = this.director): void {
    director.namespace.ip(
      addressLine(`${this.vip[4]}/32`, 'eth0'),
      `${addressLine(`${this.vip[6]}/128`, 'eth0')} preferred_lft 0`,
    );
  }

  dropVip(director: LabDirector = this.director): void {
    director.namespace.ip(
      `address delete ${this.vip[4]}/32 dev eth0`,
      `address delete ${this.vip[6]}/128 dev eth0`,
    );
  }

  /** What `close` does first, the last added at first: servers, clients, programs. */
  beforeClose(action: () => unknown): void {
    this.#closing.push(action);
  }

  /** Leaves nothing behind. May be called twice. */
  async close(): Promise<void> {
    try {
      for (const action of this.#closing.splice(0).reverse()) await action();
    } finally {
      this.network.close();
    }
  }

  #host({ name, number }: Row, segment: number): LabHost {
    return { name, namespace: this.network.host(name), address: addressesOf(segment, number) };
  }
}

/** Runs `body` with a lab of its own. */
export async function withLab<Result>(
  options: LabOptions,
  body: (lab: Lab) => Result | Promise<Result>,
): Promise<Result> {
  const lab = Lab.create(options);
  try {
    return await body(lab);
  } finally {
    await lab.close();
  }
}

/** Loads modules of the guest's kernel, and what they need. @throws Error when one is not there */
export function loadModules(modules: readonly string[]): void {
  // the guest's own program: the modules of its kernel are not those of the machine
  const modprobe = readFileSync('/proc/sys/kernel/modprobe', 'utf8').trim();
  execFileSync(modprobe, ['-a', ...modules], { stdio: 'pipe' });
}

interface Row {
  readonly name: string;
  readonly number: number;
}

function rows(count: number, prefix: string, firstNumber: number): Row[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `${prefix}${index + 1}`,
    number: firstNumber + index,
  }));
}

function addressesOf(segment: number, number: number): Record<IpVersion, string> {
  return { 4: `10.${segment}.0.${number}`, 6: `fd00:${segment}::${number}` };
}

function plug(link: string, segment: number, number: number): Plug {
  const address = addressesOf(segment, number);
  return {
    link,
    segment: segment === outer ? 'outer' : 'inner',
    addresses: [`${address[4]}/24`, `${address[6]}/64`],
  };
}

function directorPlan({ name, number }: Row, layout: LabOptions['layout']): HostPlan {
  const innerPlugs = layout === 'two' ? [plug('eth1', inner, number)] : [];
  return { name, plugs: [plug('eth0', outer, number), ...innerPlugs], forwards: true };
}
