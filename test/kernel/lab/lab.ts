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
import { addressLine, Network, plugInto, type HostPlan, type NetworkPlan, type Plug } from './network.js';

export type IpVersion = 4 | 6;

/** A host of the lab. `eth0` is its first interface. */
export interface LabHost {
  readonly name: string;
  readonly namespace: Namespace;
  /** On `eth0`, by IP version. */
  readonly address: Readonly<Record<IpVersion, string>>;
}

/** Directors of the layout `two` have a second interface, `eth1`. */
export interface LabDirector extends LabHost {
  /** On its last interface, on the side of the servers; with one interface the same as `address`. */
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

/** A network of another shape, and which of its hosts have which role. The others are routers and the like. */
export interface LabPlan {
  readonly network: NetworkPlan;
  /** Names of hosts; each has an address of both versions on its first interface. */
  readonly clients: readonly string[];
  readonly directors: readonly string[];
  readonly servers: readonly string[];
  readonly vip: Readonly<Record<IpVersion, string>>;
}

const outer = 1;
const inner = 2;

export class Lab {
  readonly network: Network;
  readonly clients: readonly LabHost[];
  readonly directors: readonly LabDirector[];
  readonly servers: readonly LabHost[];
  /** Nobody has it before `holdVip`. */
  readonly vip: Readonly<Record<IpVersion, string>>;
  /** For two directors that share the role of the servers' gateway. Nobody has it yet. */
  readonly innerGateway: Readonly<Record<IpVersion, string>> = addressesOf(inner, 254);
  readonly #closing: (() => unknown)[] = [];

  private constructor({ network, clients, directors, servers, vip }: LabPlan) {
    const host = (name: string): LabDirector => {
      const plugs = network.hosts.find((plan) => plan.name === name)?.plugs ?? [];
      const [first, last] = [plugs.at(0), plugs.at(-1)].map((plug) => plugAddresses(name, plug));
      return { name, namespace: this.network.host(name), address: first!, inner: last! };
    };
    this.network = Network.create(network);
    this.clients = clients.map(host);
    this.directors = directors.map(host);
    this.servers = servers.map(host);
    this.vip = vip;
  }

  /** Builds it, in a second or so. Whoever builds it closes it. One at a time, for namespaces have names. */
  static create(options: LabOptions): Lab {
    if (options.modules !== undefined && options.modules.length > 0) loadModules(options.modules);
    return new Lab(planOf(options));
  }

  /** As `create`, with a network of any shape. */
  static createFrom(plan: LabPlan): Lab {
    return new Lab(plan);
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

function planOf({ layout, servers = 3, clients = 1, directors = 1 }: LabOptions): LabPlan {
  const side = layout === 'two' ? inner : outer;
  const clientRows = rows(clients, 'cl', 11);
  const directorRows = rows(directors, 'dir', 1);
  const serverRows = rows(servers, 'rs', 21);
  const names = (list: readonly Row[]): string[] => list.map(({ name }) => name);
  return {
    network: {
      segments: layout === 'two' ? ['outer', 'inner'] : ['outer'],
      hosts: [
        ...clientRows.map(({ name, number }) => ({ name, plugs: [plug('eth0', outer, number)] })),
        ...directorRows.map((row) => directorPlan(row, layout)),
        ...serverRows.map(({ name, number }) => ({ name, plugs: [plug('eth0', side, number)] })),
      ],
    },
    clients: names(clientRows),
    directors: names(directorRows),
    servers: names(serverRows),
    vip: addressesOf(outer, 100),
  };
}

/** Of a host's interface, without prefix lengths. */
function plugAddresses(name: string, plug: Plug | undefined): Record<IpVersion, string> {
  const addresses = (plug?.addresses ?? []).map((address) => address.replace(/\/.*/, ''));
  const [ipv4, ipv6] = [false, true].map((wanted) =>
    addresses.find((address) => address.includes(':') === wanted),
  );
  if (ipv4 === undefined || ipv6 === undefined) throw new Error(`${name} needs addresses of both versions`);
  return { 4: ipv4, 6: ipv6 };
}

function addressesOf(segment: number, number: number): Record<IpVersion, string> {
  return { 4: `10.${segment}.0.${number}`, 6: `fd00:${segment}::${number}` };
}

function plug(link: string, segment: number, number: number): Plug {
  return plugInto(segment === outer ? 'outer' : 'inner', link, segment, number);
}

function directorPlan({ name, number }: Row, layout: LabOptions['layout']): HostPlan {
  const innerPlugs = layout === 'two' ? [plug('eth1', inner, number)] : [];
  return { name, plugs: [plug('eth0', outer, number), ...innerPlugs], forwards: true };
}
