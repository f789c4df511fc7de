/** Asks a server by the way of a client: through the service's address, and by the server's forwarding method. */
import { reasonOf } from '../../base/errors.js';
import type { VipPath } from '../../model/health-check.js';
import type { RealServer } from '../../model/real-server.js';
import { describe } from '../checkers/failure.js';
import type { Checker, ProbeResult } from '../types.js';
import { boundSockets } from './bound-sockets.js';
import { askFromFreePort } from './free-port.js';
import { ownAddressTowards } from './own-address.js';
import type { ProbeSockets } from './sockets.js';
import type { TruePaths } from './true-paths.js';
import { obstacle } from './way-back.js';

export interface TruePathOptions {
  readonly vip: VipPath;
  readonly server: RealServer;
  /** null = the one from which this host would ask the server itself. */
  readonly sourceAddress: string | null;
  /** null: nobody opens ways. */
  readonly paths: TruePaths | null;
  /** The checker that asks at the service's address by these sockets. */
  readonly make: (sockets: ProbeSockets) => Checker;
}

/**
 * What is missing on this host says nothing of the server: then the probe could not be made. It is looked for whether or
 * not this host holds the address, so that a takeover changes no verdict.
 */
export class TruePathChecker implements Checker {
  readonly #options: TruePathOptions;

  constructor(options: TruePathOptions) {
    this.#options = options;
  }

  async probe(signal: AbortSignal): Promise<ProbeResult> {
    const { vip, server, paths } = this.#options;
    if (paths === null) return this.#impossible('nobody opens a way through the service on this plane');
    const source = await this.#source(paths);
    if (typeof source !== 'string') return source;
    const path = await paths.open(vip.service, server.key, signal);
    if (path.mark === null) return this.#impossible(path.reason);
    try {
      // The server has not been asked in time, so nothing is held against it.
      if (signal.aborted) return this.#impossible('the way was not open before the timeout');
      return await this.#ask(source, path.mark, paths, signal);
    } finally {
      path.close();
    }
  }

  /** The address of this host that the probe comes from, if its answer would come through. */
  async #source({ host }: TruePaths): Promise<string | ProbeResult> {
    const { vip, server, sourceAddress } = this.#options;
    try {
      const source = sourceAddress ?? (await ownAddressTowards(server.address));
      const towardsVip = await ownAddressTowards(vip.address);
      const vipInterface = host.interfaceOf(vip.address) ?? host.interfaceOf(towardsVip);
      const { forwarding } = server;
      const serverInterface = await host.interfaceTowards(server.address, source);
      const way = { forwarding, vip: vip.address, source, serverInterface, vipInterface };
      const why = obstacle(way, host);
      return why === null ? source : this.#impossible(why);
    } catch (thrown) {
      return this.#impossible(`this host finds no way: ${describe(thrown)}`);
    }
  }

  async #ask(source: string, mark: number, { ports }: TruePaths, signal: AbortSignal): Promise<ProbeResult> {
    const { vip, make } = this.#options;
    try {
      const result = await askFromFreePort(
        () => ports.next(`${source} ${vip.address} ${vip.port}`),
        (port) => boundSockets({ address: source, interface: null, mark }, () => port),
        (sockets) => make(sockets).probe(signal),
      );
      return result === null
        ? this.#impossible(
            'the kernel may still know every source port from an earlier probe: ask less often',
          )
        : this.#told(result);
    } catch (thrown) {
      return this.#impossible(reasonOf(thrown));
    }
  }

  #told(result: ProbeResult): ProbeResult {
    return result.ok === true ? result : { ...result, reason: `${this.#way}: ${result.reason}` };
  }

  #impossible(reason: string): ProbeResult {
    return { ok: null, reason: `${this.#way}: ${reason}` };
  }

  get #way(): string {
    const { name, forwarding } = this.#options.server;
    return `by way of the service's address to ${name} (${forwarding})`;
  }
}
