/** What is known and set at run time about the configured servers: verdicts and operators' orders. */
import type { DrainEnd, DrainOrder, DrainTime, MaintenanceOrder } from '../model/drain.js';
import type { ServerKey, ServiceKey } from '../model/keys.js';
import type { Verdict } from '../model/status.js';
import type { VirtualService } from '../model/virtual-service.js';
import {
  copyFacts,
  putFact,
  setFact,
  type KeptFacts,
  type ServerFacts,
  type WeightOverride,
} from './facts.js';
import type { ServicesChange } from './services-change.js';

type Services = ReadonlyMap<ServiceKey, VirtualService>;

/** What is known and set at run time, to be kept over a restart. */
export interface RememberedStates {
  readonly verdicts: ServerFacts<Verdict>;
  readonly overrides: ServerFacts<WeightOverride>;
  readonly drains: ServerFacts<DrainOrder>;
  readonly maintenance: ServerFacts<MaintenanceOrder>;
}

/**
 * `confirmed`: a server counts by a newer verdict as before, and otherwise than one of which nothing is known would.
 * `override`: something that an operator set, or what became of it.
 */
export type StatesChange = 'verdict' | 'confirmed' | 'override';

export const NOTHING_KNOWN: RememberedStates = {
  verdicts: new Map(),
  overrides: new Map(),
  drains: new Map(),
  maintenance: new Map(),
};

/** Tables of facts by service and server. Facts about servers that leave the file are forgotten, but for maintenance. */
export class ServerStates implements RememberedStates {
  readonly #verdicts: KeptFacts<Verdict>;
  readonly #overrides: KeptFacts<WeightOverride>;
  readonly #drains: KeptFacts<DrainOrder>;
  readonly #maintenance: KeptFacts<MaintenanceOrder>;

  /** @param before copied; what is left out is not known */
  constructor(before: Partial<RememberedStates> = {}) {
    const { verdicts, overrides, drains, maintenance } = { ...NOTHING_KNOWN, ...before };
    this.#verdicts = copyFacts(verdicts);
    this.#overrides = copyFacts(overrides);
    this.#drains = copyFacts(drains);
    this.#maintenance = copyFacts(maintenance);
  }

  get verdicts(): ServerFacts<Verdict> {
    return this.#verdicts;
  }

  get overrides(): ServerFacts<WeightOverride> {
    return this.#overrides;
  }

  /** Those that have ended, too: their servers stay out. */
  get drains(): ServerFacts<DrainOrder> {
    return this.#drains;
  }

  /** Of servers that are not in the file, too: the order is about them, not about the file. */
  get maintenance(): ServerFacts<MaintenanceOrder> {
    return this.#maintenance;
  }

  /** Remembers the verdict. @returns the one before, or undefined */
  setVerdict(service: ServiceKey, server: ServerKey, verdict: Verdict): Verdict | undefined {
    const before = this.#verdicts.get(service)?.get(server);
    putFact(this.#verdicts, service, server, verdict);
    return before;
  }

  /** Remembers the operator's weight, or forgets it with null. */
  setWeight(service: ServiceKey, server: ServerKey, override: WeightOverride | null): void {
    setFact(this.#overrides, service, server, override);
  }

  /** Remembers the order to drain, or forgets it with null. */
  setDrain(service: ServiceKey, server: ServerKey, order: DrainOrder | null): void {
    setFact(this.#drains, service, server, order);
  }

  /** The drain is over. Harmless when there is none. */
  endDrain(service: ServiceKey, server: ServerKey, end: DrainEnd): void {
    const order = this.#drains.get(service)?.get(server);
    if (order !== undefined) putFact(this.#drains, service, server, { ...order, end });
  }

  /** The clock was set: these are the drain's times. Harmless when there is none. */
  moveDrain(service: ServiceKey, server: ServerKey, { sinceMs, deadlineMs }: DrainTime): void {
    const order = this.#drains.get(service)?.get(server);
    if (order !== undefined) putFact(this.#drains, service, server, { ...order, sinceMs, deadlineMs });
  }

  /** Remembers the standing order, or forgets it with null. */
  setMaintenance(service: ServiceKey, server: ServerKey, order: MaintenanceOrder | null): void {
    setFact(this.#maintenance, service, server, order);
  }

  /**
   * The service has another key from now on.
   *
   * @param isChecked without checks nobody would ever lift a verdict, so they are forgotten
   * @returns whether something that an operator set was among it
   */
  move(from: ServiceKey, to: ServiceKey, isChecked: boolean): boolean {
    if (isChecked) moveFacts(this.#verdicts, from, to);
    const moved = [this.#overrides, this.#drains, this.#maintenance].map((facts) =>
      moveFacts<unknown>(facts, from, to),
    );
    return moved.includes(true);
  }

  /**
   * Forgets every server that is not in the services, but for maintenance.
   *
   * @returns whether something that an operator set was among it
   */
  prune({ services, before }: ServicesChange): boolean {
    const changed = (key: ServiceKey): boolean =>
      !services.has(key) || services.get(key) !== before?.get(key);
    pruneFacts(this.#verdicts, services, changed);
    const weights = pruneFacts(this.#overrides, services, changed);
    return pruneFacts(this.#drains, services, changed) || weights;
  }
}

function moveFacts<Fact>(facts: KeptFacts<Fact>, from: ServiceKey, to: ServiceKey): boolean {
  const moved = facts.get(from);
  if (moved === undefined) return false;
  facts.delete(from);
  // Maintenance outlives its service, so there may be some of one that was there once.
  facts.set(to, new Map([...(facts.get(to) ?? []), ...moved]));
  return true;
}

function pruneFacts<Fact>(
  facts: KeptFacts<Fact>,
  services: Services,
  concerns: (key: ServiceKey) => boolean,
): boolean {
  let forgotten = false;
  for (const [key, ofService] of facts) {
    if (!concerns(key)) continue;
    const configured = new Set(services.get(key)?.servers.map((server) => server.key));
    for (const server of ofService.keys())
      if (!configured.has(server)) forgotten = ofService.delete(server) || forgotten;
    if (ofService.size === 0) facts.delete(key);
  }
  return forgotten;
}
