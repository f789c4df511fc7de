/** A file that changes a little at each step, at random, and always serves; no server leaves it with connections. */
import type { SeededRandom } from '../../../../support/random.js';

/** What a step does to the file, or asks for first. */
export type Change =
  | { readonly kind: 'weights' | 'scheduler' | 'server added' | 'service added' | 'service removed' }
  /** To be quiesced by hand and to be empty before `remove` takes it out of the file. */
  | { readonly kind: 'server to remove'; readonly server: string };

/**
 * Each always finds a server while one has a weight. Hashing ones need the fallback: without it the kernel refuses
 * clients of a quiesced server.
 */
const SCHEDULERS: readonly (readonly [name: string, flags: readonly string[]])[] = [
  ['rr', []],
  ['wrr', []],
  ['lc', []],
  ['wlc', []],
  ['lblc', []],
  ['lblcr', []],
  ['sh', ['sh-fallback', 'sh-port']],
  ['sed', []],
  ['nq', []],
  ['mh', ['mh-fallback', 'mh-port']],
  ['fo', []],
];

const FEWEST_SERVERS = 2;

export interface FileAddresses {
  readonly vip: string;
  /** `address:port` by name. */
  readonly servers: ReadonlyMap<string, string>;
}

interface Section {
  scheduler: number;
  readonly weights: Map<string, number>;
}

export class RandomFile {
  readonly #random: SeededRandom;
  readonly #addresses: FileAddresses;
  /** Only its servers come and go. */
  readonly #web: Section;
  readonly #long: Section;
  readonly #names: Section;
  readonly #side = new Set<number>();

  constructor(random: SeededRandom, addresses: FileAddresses) {
    const section = (): Section => ({
      scheduler: 1,
      weights: new Map([...addresses.servers.keys()].map((name) => [name, 1])),
    });
    this.#random = random;
    this.#addresses = addresses;
    [this.#web, this.#long, this.#names] = [section(), section(), section()];
  }

  change(): Change {
    const random = this.#random;
    const section = random.pick([this.#web, this.#web, this.#long, this.#names]);
    switch (random.int(0, 5)) {
      case 0:
        section.scheduler = random.int(0, SCHEDULERS.length - 1);
        return { kind: 'scheduler' };
      case 1:
      case 2:
        return this.#addOrRemove();
      case 3:
        return this.#toggleSide();
      default:
        for (const name of section.weights.keys()) section.weights.set(name, random.int(1, 10));
        return { kind: 'weights' };
    }
  }

  remove(server: string): void {
    this.#web.weights.delete(server);
  }

  /** As lvsd takes them. */
  get services(): readonly Record<string, unknown>[] {
    const { vip } = this.#addresses;
    return [
      this.#service('web', `${vip}:80`, this.#web, {
        check: { type: 'tcp', interval: '1s', timeout: '20s', rise: 1, fall: 3 },
      }),
      this.#service('long', `${vip}:82`, this.#long),
      this.#service('names', `${vip}:53`, this.#names, { protocol: 'udp' }),
      ...[...this.#side].map((port) => this.#service(`side-${port}`, `${vip}:${port}`, this.#long)),
    ];
  }

  #addOrRemove(): Change {
    const { weights } = this.#web;
    const absent = [...this.#addresses.servers.keys()].filter((name) => !weights.has(name));
    if (weights.size > FEWEST_SERVERS && (absent.length === 0 || this.#random.chance(0.5)))
      return { kind: 'server to remove', server: this.#random.pick([...weights.keys()]) };
    weights.set(this.#random.pick(absent), this.#random.int(1, 10));
    return { kind: 'server added' };
  }

  #toggleSide(): Change {
    const port = this.#random.int(9001, 9004);
    if (this.#side.delete(port)) return { kind: 'service removed' };
    this.#side.add(port);
    return { kind: 'service added' };
  }

  #service(
    name: string,
    address: string,
    { scheduler, weights }: Section,
    more: Readonly<Record<string, unknown>> = {},
  ): Record<string, unknown> {
    const [kernelName, flags] = SCHEDULERS[scheduler]!;
    return {
      name,
      address,
      scheduler: kernelName,
      ...(flags.length === 0 ? {} : { scheduler_flags: flags }),
      check: { type: 'none' },
      ...more,
      servers: [...weights].map(([server, weight]) => ({
        name: server,
        address: this.#addresses.servers.get(server),
        weight,
      })),
    };
  }
}
