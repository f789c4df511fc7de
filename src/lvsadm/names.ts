/**
 * Names of hosts and ports, kept once they are looked up. Reading and printing are synchronous and ask this; who runs them
 * looks up first what they will need, for a look-up may wait for a name server.
 */
import { ServicesFile } from './services-file.js';

/** Where names come from. */
export interface NameSources {
  /** The first IPv4 address of a host, or null where it has none. Never rejects. */
  addressOf(host: string): Promise<string | null>;
  /** The name of an address, or null. Never rejects. */
  nameOf(address: string): Promise<string | null>;
  /** What /etc/services holds; empty where it cannot be read. Never throws. */
  servicesText(): string;
}

/** A host name was asked for that is not looked up yet. */
export class LookupNeeded extends Error {
  override readonly name = 'LookupNeeded';
  readonly host: string;

  constructor(host: string) {
    super(`host ${host} is not looked up yet`);
    this.host = host;
  }
}

/** At a time: a table with dead addresses would else wait for each after the other. */
const concurrentLookups = 16;

export class Names {
  readonly #sources: NameSources;
  readonly #addresses = new Map<string, string | null>();
  readonly #names = new Map<string, string | null>();
  #services: ServicesFile | null = null;

  constructor(sources: NameSources) {
    this.#sources = sources;
  }

  /** The first IPv4 address of a host, or null. @throws LookupNeeded before `lookUpHost` */
  address(host: string): string | null {
    if (host === '') return null;
    const address = this.#addresses.get(host);
    if (address === undefined) throw new LookupNeeded(host);
    return address;
  }

  /** Looks up a host for `address`. Never rejects. */
  async lookUpHost(host: string): Promise<void> {
    this.#addresses.set(host, await this.#sources.addressOf(host));
  }

  /** The name of an address that `lookUpNames` was given, or null. Never throws. */
  hostName(address: string): string | null {
    return this.#names.get(address) ?? null;
  }

  /** Looks up addresses for `hostName`, each once. Never rejects. */
  async lookUpNames(addresses: Iterable<string>): Promise<void> {
    const wanted = [...new Set(addresses)].filter((address) => !this.#names.has(address));
    const next = wanted.values();
    const worker = async (): Promise<void> => {
      for (const address of next) this.#names.set(address, await this.#sources.nameOf(address));
    };
    await Promise.all(Array.from({ length: Math.min(concurrentLookups, wanted.length) }, worker));
  }

  /** @param protocol IP protocol number; null is none. @returns null where the name is unknown. Never throws. */
  servicePort(name: string, protocol: number | null): number | null {
    return protocol === null ? null : this.#file().port(name, protocol);
  }

  /** @returns null where the port has no name. Never throws. */
  serviceName(port: number, protocol: number | null): string | null {
    return protocol === null ? null : this.#file().name(port, protocol);
  }

  #file(): ServicesFile {
    return (this.#services ??= new ServicesFile(this.#sources.servicesText()));
  }
}

/**
 * Runs `read`, which asks `names` for hosts, again and again until all the hosts that it needs are looked up.
 *
 * @throws what `read` throws
 */
export async function withHosts<Result>(names: Names, read: () => Result): Promise<Result> {
  for (;;) {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof LookupNeeded)) throw error;
      await names.lookUpHost(error.host);
    }
  }
}
