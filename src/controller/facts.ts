/** What is known and set about single servers at run time, as the desired state is made of it. */
import type { ServerKey, ServiceKey } from '../model/keys.js';

/** An operator's weight for one server; it holds until it is taken back or the server leaves the file. */
export interface WeightOverride {
  /** 0..65535; 0 quiesces. */
  readonly weight: number;
  /** Who set it, for people. */
  readonly by: string;
}

/** Facts about servers, by service and server. A missing entry means that nothing is known or set. */
export type ServerFacts<Fact> = ReadonlyMap<ServiceKey, ReadonlyMap<ServerKey, Fact>>;

/** The same as their keeper has them. */
export type KeptFacts<Fact> = Map<ServiceKey, Map<ServerKey, Fact>>;

export function copyFacts<Fact>(facts: ServerFacts<Fact>): KeptFacts<Fact> {
  return new Map([...facts].map(([key, ofService]) => [key, new Map(ofService)]));
}

export function putFact<Fact>(
  facts: KeptFacts<Fact>,
  service: ServiceKey,
  server: ServerKey,
  fact: Fact,
): void {
  const ofService = facts.get(service);
  if (ofService === undefined) facts.set(service, new Map([[server, fact]]));
  else ofService.set(server, fact);
}

/** Leaves no service without a fact behind. Harmless when there is none. */
export function dropFact(facts: KeptFacts<unknown>, service: ServiceKey, server: ServerKey): void {
  const ofService = facts.get(service);
  ofService?.delete(server);
  if (ofService?.size === 0) facts.delete(service);
}

/** Puts it, or drops it with null. */
export function setFact<Fact>(
  facts: KeptFacts<Fact>,
  service: ServiceKey,
  server: ServerKey,
  fact: Fact | null,
): void {
  if (fact === null) dropFact(facts, service, server);
  else putFact(facts, service, server, fact);
}
