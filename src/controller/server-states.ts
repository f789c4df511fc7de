/** What is known and set at run time about the configured servers: verdicts and operators' weights. */
import type { ServerKey, ServiceKey } from '../model/keys.js';
import type { Verdict } from '../model/status.js';
import type { VirtualService } from '../model/virtual-service.js';
import type { ServerFacts, WeightOverride } from './desired.js';

/** What is known and set at run time, to be kept over a restart. */
export interface RememberedStates {
  readonly verdicts: ServerFacts<Verdict>;
  readonly overrides: ServerFacts<WeightOverride>;
}

/** `confirmed`: a server is down as before, by a newer verdict. One that is up needs no newer one: unknown means up. */
export type StatesChange = 'verdict' | 'confirmed' | 'override';

export const NOTHING_KNOWN: RememberedStates = { verdicts: new Map(), overrides: new Map() };

/** Two tables of facts by service and server. Facts about servers that leave the file are forgotten. */
export class ServerStates implements RememberedStates {
  readonly #verdicts: Map<ServiceKey, Map<ServerKey, Verdict>>;
  readonly #overrides: Map<ServiceKey, Map<ServerKey, WeightOverride>>;

  /** @param before copied */
  constructor({ verdicts, overrides }: RememberedStates = NOTHING_KNOWN) {
    this.#verdicts = copyFacts(verdicts);
    this.#overrides = copyFacts(overrides);
  }

  get verdicts(): ServerFacts<Verdict> {
    return this.#verdicts;
  }

  get overrides(): ServerFacts<WeightOverride> {
    return this.#overrides;
  }

  /** Remembers the verdict. @returns the one before, or undefined */
  setVerdict(service: ServiceKey, server: ServerKey, verdict: Verdict): Verdict | undefined {
    const before = this.#verdicts.get(service)?.get(server);
    put(this.#verdicts, service, server, verdict);
    return before;
  }

  /** Remembers the operator's weight, or forgets it with null. */
  setWeight(service: ServiceKey, server: ServerKey, override: WeightOverride | null): void {
    if (override !== null) put(this.#overrides, service, server, override);
    else this.#overrides.get(service)?.delete(server);
  }

  /** Forgets every server that is not in these services. @returns whether an operator's weight was among it */
  prune(services: ReadonlyMap<ServiceKey, VirtualService>): boolean {
    pruneFacts(this.#verdicts, services);
    return pruneFacts(this.#overrides, services);
  }
}

function copyFacts<Fact>(facts: ServerFacts<Fact>): Map<ServiceKey, Map<ServerKey, Fact>> {
  return new Map([...facts].map(([key, ofService]) => [key, new Map(ofService)]));
}

function put<Fact>(
  facts: Map<ServiceKey, Map<ServerKey, Fact>>,
  service: ServiceKey,
  server: ServerKey,
  fact: Fact,
): void {
  const ofService = facts.get(service);
  if (ofService === undefined) facts.set(service, new Map([[server, fact]]));
  else ofService.set(server, fact);
}

function pruneFacts<Fact>(
  facts: Map<ServiceKey, Map<ServerKey, Fact>>,
  services: ReadonlyMap<ServiceKey, VirtualService>,
): boolean {
  let forgotten = false;
  for (const [key, ofService] of facts) {
    const configured = new Set(services.get(key)?.servers.map((server) => server.key));
    for (const server of ofService.keys())
      if (!configured.has(server)) forgotten = ofService.delete(server) || forgotten;
    if (ofService.size === 0) facts.delete(key);
  }
  return forgotten;
}
