/** A configuration that changes a little at each step, at random, and always serves. */
import type { SeededRandom } from '../../support/random.js';

export interface Endpoints {
  readonly tcpPort: number;
  readonly udpPort: number;
  /** Free ports for services that come and go without traffic. */
  readonly sidePorts: readonly number[];
  readonly tcpServers: readonly number[];
  readonly udpServers: readonly number[];
}

export interface DirectorPaths {
  readonly socket: string;
  readonly stateDir: string;
}

/** What one step did to the file. */
export type ChangeKind =
  | 'server added'
  | 'server removed'
  | 'server re-weighted'
  | 'scheduler changed'
  | 'service added'
  | 'service removed';

/**
 * The model: whether a change may end a connection that is alive. On the userspace plane none may. A removed
 * server drains, and so does a removed service; everything else is an edit in place.
 */
export const mayEndConnections: Readonly<Record<ChangeKind, boolean>> = {
  'server added': false,
  'server removed': false,
  'server re-weighted': false,
  'scheduler changed': false,
  'service added': false,
  'service removed': false,
};

/** With weights of 1 or more and no thresholds each of these always finds a server. ovf needs room (below). */
const schedulers: readonly (readonly [name: string, flags: readonly string[]])[] = [
  ['rr', []],
  ['wrr', []],
  ['lc', []],
  ['wlc', []],
  ['lblc', []],
  ['lblcr', []],
  ['dh', []],
  ['sh', []],
  ['sh', ['sh-port']],
  ['sh', ['sh-fallback', 'sh-port']],
  ['sed', []],
  ['nq', []],
  ['mh', []],
  ['mh', ['mh-port']],
  ['fo', []],
  ['ovf', []],
];
/** ovf passes over a server whose active connections exceed its weight. */
const OVF_WEIGHT = 10_000;

interface Service {
  scheduler: number;
  /** Weight by index of the server; only those in it serve. */
  readonly weights: Map<number, number>;
}

export class RandomConfig {
  readonly #random: SeededRandom;
  readonly #endpoints: Endpoints;
  readonly #paths: DirectorPaths;
  readonly #tcp: Service;
  readonly #udp: Service;
  readonly #sides = new Set<number>();

  constructor(random: SeededRandom, endpoints: Endpoints, paths: DirectorPaths) {
    this.#random = random;
    this.#endpoints = endpoints;
    this.#paths = paths;
    this.#tcp = { scheduler: 0, weights: new Map(endpoints.tcpServers.map((_, index) => [index, 1])) };
    this.#udp = { scheduler: 0, weights: new Map(endpoints.udpServers.map((_, index) => [index, 1])) };
  }

  /** One to three random changes. */
  change(): ChangeKind[] {
    return Array.from({ length: this.#random.int(1, 3) }, () => this.#changeOnce());
  }

  /** Back to where it started: a comparison of before and after needs the same configuration. */
  reset(): void {
    for (const service of [this.#tcp, this.#udp]) {
      service.scheduler = 0;
      this.#endpoints.tcpServers.forEach((_, index) => service.weights.set(index, 1));
    }
    this.#sides.clear();
  }

  #changeOnce(): ChangeKind {
    const random = this.#random;
    if (random.chance(0.15)) return this.#toggleSide();
    const service = random.chance(0.7) ? this.#tcp : this.#udp;
    const server = random.int(0, this.#endpoints.tcpServers.length - 1);
    if (random.chance(0.25)) {
      service.scheduler = random.int(0, schedulers.length - 1);
      return 'scheduler changed';
    }
    if (!service.weights.has(server)) {
      service.weights.set(server, random.int(1, 10));
      return 'server added';
    }
    if (random.chance(0.5) && service.weights.size > 1) {
      service.weights.delete(server);
      return 'server removed';
    }
    service.weights.set(server, random.int(1, 10));
    return 'server re-weighted';
  }

  #toggleSide(): ChangeKind {
    const port = this.#random.pick(this.#endpoints.sidePorts);
    if (this.#sides.delete(port)) return 'service removed';
    this.#sides.add(port);
    return 'service added';
  }

  toYaml(): string {
    const { tcpPort, udpPort, tcpServers, udpServers } = this.#endpoints;
    const sides = [...this.#sides].map(
      (port) =>
        `  - { name: side-${port}, address: "127.0.0.1:${port}", servers: ["127.0.0.1:${tcpServers[0]}"] }\n`,
    );
    return `director:
  dataplane: proxy
  name: reload-test
  admin: { socket: ${this.#paths.socket}, listen: none }
  state_dir: ${this.#paths.stateDir}
  shrink_guard: 100%
  timeouts: { tcp_fin: 2s, udp: 2s }
services:
${service('tcp', tcpPort, this.#tcp, tcpServers, 'check: { type: tcp, interval: 1s, timeout: 900ms }')}${service('udp', udpPort, this.#udp, udpServers, 'protocol: udp')}${sides.join('')}`;
  }
}

function service(
  name: string,
  port: number,
  { scheduler, weights }: Service,
  ports: readonly number[],
  extra: string,
): string {
  const [algorithm, flags] = schedulers[scheduler] ?? ['rr', []];
  const factor = algorithm === 'ovf' ? OVF_WEIGHT / 10 : 1;
  const servers = [...weights].map(
    ([index, weight]) => `{ address: "127.0.0.1:${ports[index]}", weight: ${weight * factor} }`,
  );
  return `  - name: ${name}
    address: 127.0.0.1:${port}
    ${extra}
    scheduler: ${algorithm}
    scheduler_flags: [${flags.join(', ')}]
    servers: [${servers.join(', ')}]
`;
}
