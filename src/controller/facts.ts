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
