/** A network of namespaces: bridges in one of them, hosts in the others, each on the bridges that it names. */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { Namespace } from './namespace.js';

/** One interface of a host. */
export interface Plug {
  /** Name in the host: `eth0`. */
  readonly link: string;
  /** The bridge it is plugged into. */
  readonly segment: string;
  /** With prefix length. */
  readonly addresses: readonly string[];
}

/** An interface on the network of a number: `10.NUMBER.0.HOST/24` and `fd00:NUMBER::HOST/64`. */
export function plugInto(segment: string, link: string, number: number, host: number): Plug {
  return { link, segment, addresses: [`10.${number}.0.${host}/24`, `fd00:${number}::${host}/64`] };
}

/** Default routes of both versions by a host of such a network. */
export function defaultsVia(number: number, host: number): string[] {
  return [`default via 10.${number}.0.${host}`, `default via fd00:${number}::${host}`];
}

export interface HostPlan {
  readonly name: string;
  readonly plugs: readonly Plug[];
  /** What follows `ip route add`: `default via 10.2.0.1`. */
  readonly routes?: readonly string[];
  /** Passes packets on between its interfaces. */
  readonly forwards?: boolean;
}

export interface NetworkPlan {
  readonly segments: readonly string[];
  readonly hosts: readonly HostPlan[];
}

/** The namespace that holds the bridges. */
const switchName = 'sw';

/** Host names and segments are names of interfaces too: 15 characters with what is added to them. */
const longestName = 9;

export class Network {
  readonly #hosts: ReadonlyMap<string, Namespace>;
  readonly #switch: Namespace;

  private constructor(hosts: ReadonlyMap<string, Namespace>, switchNamespace: Namespace) {
    this.#hosts = hosts;
    this.#switch = switchNamespace;
  }

  /**
   * Builds the namespaces `sw` and one for each host, connects them, and gives addresses and routes.
   *
   * Reverse path filters, router advertisements and duplicate address detection are off: nothing has to be waited for.
   *
   * @throws Error when a name is taken or a line of ip(8) fails; what was built is removed then
   */
  static create(plan: NetworkPlan): Network {
    for (const name of [...plan.segments, ...plan.hosts.map((host) => host.name)]) {
      if (name.length > longestName) throw new Error(`build network: the name ${name} is too long`);
    }
    const names = [switchName, ...plan.hosts.map((host) => host.name)];
    const hosts = new Map(plan.hosts.map(({ name }) => [name, new Namespace(name)]));
    const network = new Network(hosts, new Namespace(switchName));
    batch(names.map((name) => `netns add ${name}`));
    try {
      for (const name of names) quieten(new Namespace(name));
      network.#switch.ip(...switchLines(plan));
      for (const host of plan.hosts) configure(network.host(host.name), host);
    } catch (error) {
      network.close();
      throw error;
    }
    return network;
  }

  /** @throws Error when the plan has none of that name */
  host(name: string): Namespace {
    const host = this.#hosts.get(name);
    if (host === undefined) throw new Error(`the network has no host ${name}`);
    return host;
  }

  /** Takes the host's cable out, or puts it back: the host sees its carrier go, the bridge loses the port. */
  setCable(host: string, link: string, state: 'up' | 'down'): void {
    this.#switch.setLink(portName(host, link), state);
  }

  /** Removes all namespaces and what is in them. Sockets that are still open in one keep it alive, without a name. */
  close(): void {
    const there = new Set(readdirSync('/run/netns'));
    const names = [...this.#hosts.keys(), switchName].filter((name) => there.has(name));
    if (names.length > 0) batch(names.map((name) => `netns delete ${name}`));
  }
}

function batch(lines: readonly string[]): void {
  execFileSync('ip', ['-batch', '-'], { input: lines.map((line) => `${line}\n`).join(''), stdio: 'pipe' });
}

function quieten(namespace: Namespace): void {
  for (const scope of ['all', 'default']) {
    namespace.setSysctl(`ipv4/conf/${scope}/rp_filter`, 0);
    namespace.setSysctl(`ipv6/conf/${scope}/accept_dad`, 0);
    namespace.setSysctl(`ipv6/conf/${scope}/accept_ra`, 0);
    namespace.setSysctl(`ipv6/conf/${scope}/router_solicitations`, 0);
  }
}

/** The bridge's end of a host's cable. */
function portName(host: string, link: string): string {
  return `${host}.${link}`;
}

function switchLines({ segments, hosts }: NetworkPlan): string[] {
  const bridges = segments.flatMap((segment) => [
    `link add ${segment} type bridge forward_delay 0 mcast_snooping 0`,
    `link set ${segment} up`,
  ]);
  const cables = hosts.flatMap(({ name, plugs }) =>
    plugs.flatMap(({ link, segment }) => [
      `link add ${portName(name, link)} type veth peer name ${link} netns ${name}`,
      `link set ${portName(name, link)} master ${segment} up`,
    ]),
  );
  return [...bridges, ...cables];
}

function configure(host: Namespace, { plugs, routes = [], forwards = false }: HostPlan): void {
  if (forwards) {
    host.setSysctl('ipv4/ip_forward', 1);
    host.setSysctl('ipv6/conf/all/forwarding', 1);
    for (const scope of ['all', 'default', ...plugs.map(({ link }) => link)]) {
      host.setSysctl(`ipv4/conf/${scope}/send_redirects`, 0);
    }
  }
  host.ip(
    'link set lo up',
    ...plugs.flatMap(({ link, addresses }) => [
      ...addresses.map((address) => addressLine(address, link)),
      `link set ${link} up`,
    ]),
    ...routes.map((route) => `route add ${route}`),
  );
}

/** What follows `ip`: adds an address, which is good at once. */
export function addressLine(address: string, link: string): string {
  return `address add ${address} dev ${link}${address.includes(':') ? ' nodad' : ''}`;
}
