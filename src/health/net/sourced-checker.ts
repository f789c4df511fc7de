/** A checker whose sockets need something that is loaded by the first probe. */
import { reasonOf } from '../../base/errors.js';
import type { ProbeSource } from '../../model/health-check.js';
import type { Checker, ProbeResult } from '../types.js';
import { boundSockets } from './bound-sockets.js';
import type { ProbeSockets } from './sockets.js';

/** Probes as the checker that is made with sockets of this source. */
export class SourcedChecker implements Checker {
  readonly #source: ProbeSource;
  readonly #make: (sockets: ProbeSockets) => Checker;
  #checker: Promise<Checker> | null = null;

  constructor(source: ProbeSource, make: (sockets: ProbeSockets) => Checker) {
    this.#source = source;
    this.#make = make;
  }

  async probe(signal: AbortSignal): Promise<ProbeResult> {
    try {
      this.#checker ??= boundSockets(this.#source).then(this.#make);
      return await (await this.#checker).probe(signal);
    } catch (thrown) {
      this.#checker = null;
      return { ok: null, reason: reasonOf(thrown) };
    }
  }
}
