/** Directors that run whole, each with a file of its own, and the map of who has the addresses. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { until } from '../support/until.js';
import type { Example } from './example-file.js';
import type { Namespace } from './namespace.js';
import { addressLine, Network, type HostPlan, type Plug } from './network.js';
import { OwnerMap } from './owner-map.js';
import { ServerApart } from './server-apart.js';
import { WholeDirector } from './whole-director.js';

export interface ModePlan {
  readonly segments: readonly string[];
  /** By name; every plug of a director is lost with it. */
  readonly directors: Readonly<Record<string, { readonly plugs: readonly Plug[]; readonly file: Example }>>;
  readonly hosts?: readonly HostPlan[];
  /** Those that move, without prefix length. */
  readonly addresses: readonly string[];
  /** More keys of every file's section `director`. */
  readonly director?: Readonly<Record<string, unknown>>;
}

export class ModeLab {
  readonly network: Network;
  readonly owners: OwnerMap;
  readonly #directors = new Map<string, WholeDirector>();
  readonly #plan: ModePlan;
  readonly #closing: (() => unknown)[] = [];

  constructor(plan: ModePlan) {
    this.#plan = plan;
    const names = Object.keys(plan.directors);
    const directors = Object.entries(plan.directors).map(([name, { plugs }]) => ({
      name,
      plugs,
      forwards: true,
    }));
    const network = Network.create({
      segments: plan.segments,
      hosts: [...directors, ...(plan.hosts ?? [])],
    });
    this.network = network;
    this.owners = new OwnerMap(network, names, plan.addresses);
    for (const [name, { file }] of Object.entries(plan.directors))
      this.#directors.set(name, WholeDirector.lvsd(network.host(name), file, plan.director));
  }

  director(name: string): WholeDirector {
    const director = this.#directors.get(name);
    if (director === undefined) throw new Error(`there is no director ${name}`);
    return director;
  }

  startAll(): void {
    for (const director of this.#directors.values()) director.start();
  }

  /** As the others see it, the host is gone: all its cables are out. */
  lose(...names: readonly string[]): void {
    this.#cables(names, 'down');
  }

  bringBack(...names: readonly string[]): void {
    this.#cables(names, 'up');
  }

  /** Waits until it has said again of each of these instances that it waits. */
  async untilBackup(name: string, ...instances: readonly string[]): Promise<void> {
    for (const instance of instances) await this.director(name).untilSaid(instance, 'backup');
  }

  /** Answers with the host's name, as a process of its own. */
  async serve(host: string, port: number): Promise<ServerApart> {
    const namespace = this.network.host(host);
    const server = new ServerApart({ name: host, namespace, address: { 4: '', 6: '' } }, port);
    this.#closing.push(() => server.kill());
    await server.start();
    return server;
  }

  /** Who answers a connection from `client`; empty for nobody. */
  answer(client: string, address: string, port: number): Promise<string> {
    return this.network.host(client).during(async () => {
      const socket = connect(port, address);
      socket.on('error', () => undefined);
      const timer = setTimeout(() => socket.destroy(new Error('no answer')), 1000);
      try {
        const [data] = (await once(socket, 'data')) as [Buffer];
        return data.toString().split(' ')[0] ?? '';
      } catch {
        return '';
      } finally {
        clearTimeout(timer);
        socket.destroy();
      }
    });
  }

  /** Waits until each of these has answered. */
  async untilServed(client: string, address: string, port: number, by: readonly string[]): Promise<void> {
    const missing = new Set(by);
    await until(`${by.join(' and ')} answer at ${address}`, 60, async () => {
      missing.delete(await this.answer(client, address, port));
      return missing.size === 0;
    });
  }

  /** What every director said last, for a test that has failed. */
  get logs(): string {
    return [...this.#directors]
      .map(([name, { lines }]) => [`${name}:`, ...lines.slice(-12)].join('\n  '))
      .join('\n');
  }

  async close(): Promise<void> {
    for (const director of this.#directors.values()) await director.kill();
    for (const close of this.#closing.reverse()) await close();
    this.owners.close();
    this.network.close();
  }

  #cables(names: readonly string[], state: 'up' | 'down'): void {
    for (const name of names) {
      if (state === 'up') this.director(name).forget();
      for (const { link } of this.#plan.directors[name]?.plugs ?? [])
        this.network.setCable(name, link, state);
    }
  }
}

/** A real server of direct routing on the outer network of the examples: it has the addresses on lo, and keeps silent about them. */
export function directServer(name: string, host: number): HostPlan {
  return { name, plugs: [examplePlug('outer', 'eth0', host)] };
}

/** Gives a server the addresses, as an administrator does by hand. */
export function takeOnLoopback(host: Namespace, addresses: readonly string[]): void {
  host.setSysctl('ipv4/conf/all/arp_ignore', 1);
  host.setSysctl('ipv4/conf/all/arp_announce', 2);
  host.ip(...addresses.map((address) => addressLine(`${address}/32`, 'lo')));
}

/** An interface on the network that the example files name. */
export function examplePlug(segment: string, link: string, host: number): Plug {
  return { link, segment, addresses: [`${segment === 'outer' ? '192.0.2' : '10.0.1'}.${host}/24`] };
}
