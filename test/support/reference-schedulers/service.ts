/** One IPVS service: the destination list, newest first, the callbacks in the kernel's order, the algorithm. */
import { localityBased, localityBasedReplicated } from './caches.js';
import { weightedFailover, weightedOverflow } from './heaviest.js';
import { leastConnection, neverQueue, shortestExpectedDelay, weightedLeastConnection } from './least.js';
import { afterBind, afterTemplateBind, afterTemplateUnbind, afterUnbind, applyThresholds } from './load.js';
import { maglevHashing } from './maglev.js';
import type {
  Algorithm,
  AlgorithmFactory,
  AlgorithmName,
  Destination,
  DestinationSettings,
  Packet,
  ServiceOptions,
} from './model.js';
import { roundRobin, weightedRoundRobin } from './rotation.js';
import { destinationHashing, sourceHashing } from './tables.js';

const FACTORIES: Readonly<Record<AlgorithmName, AlgorithmFactory>> = {
  rr: roundRobin,
  wrr: weightedRoundRobin,
  lc: leastConnection,
  wlc: weightedLeastConnection,
  lblc: localityBased,
  lblcr: localityBasedReplicated,
  dh: destinationHashing,
  sh: sourceHashing,
  sed: shortestExpectedDelay,
  nq: neverQueue,
  mh: maglevHashing,
  fo: weightedFailover,
  ovf: weightedOverflow,
};

/** A destination that no service has linked yet: no weight, no thresholds, no connections. */
export function newDestination(family: 4 | 6, address: string, port: number): Destination {
  return {
    family,
    address,
    port,
    weight: 0,
    lastWeight: 0,
    active: 0,
    inactive: 0,
    upper: 0,
    lower: 0,
    overload: false,
    available: false,
  };
}

/** A destination from before the algorithm was bound. */
export interface PresentDestination {
  readonly destination: Destination;
  readonly settings: DestinationSettings;
  readonly lastWeight: number;
}

export class ReferenceService {
  readonly #options: ServiceOptions;
  readonly #list: Destination[] = [];
  readonly #algorithm: Algorithm;

  /** @param present destinations linked before the algorithm is bound, in the order they were added */
  constructor(options: ServiceOptions, present: readonly PresentDestination[] = []) {
    this.#options = options;
    for (const { destination, settings, lastWeight } of present) {
      this.#link(destination, settings);
      destination.lastWeight = lastWeight;
    }
    this.#algorithm = FACTORIES[options.algorithm](this.#list, options);
  }

  /** Newest first. */
  get list(): readonly Destination[] {
    return this.#list;
  }

  add(destination: Destination, settings: DestinationSettings): void {
    this.#link(destination, settings);
    this.#algorithm.added?.();
  }

  edit(destination: Destination, settings: DestinationSettings): void {
    destination.weight = settings.weight;
    if (settings.weight !== 0) destination.lastWeight = settings.weight;
    applyThresholds(destination, settings, this.#options.generation);
    this.#algorithm.updated?.();
  }

  remove(destination: Destination): void {
    const index = this.#list.indexOf(destination);
    this.#list.splice(index, 1);
    destination.available = false;
    this.#algorithm.deleted?.(destination, index);
  }

  schedule(packet: Packet, nowMs: number): Destination | null {
    return this.#algorithm.schedule(packet, nowMs);
  }

  /** A new connection, which starts inactive. */
  connectionBound(destination: Destination): void {
    destination.inactive += 1;
    afterBind(destination, this.#options.generation);
  }

  connectionActive(destination: Destination): void {
    destination.inactive -= 1;
    destination.active += 1;
  }

  connectionInactive(destination: Destination): void {
    destination.active -= 1;
    destination.inactive += 1;
  }

  /** The end of a connection. */
  connectionUnbound(destination: Destination, wasActive: boolean): void {
    if (wasActive) destination.active -= 1;
    else destination.inactive -= 1;
    afterUnbind(destination, this.#options.generation);
  }

  templateBound(destination: Destination): void {
    afterTemplateBind(destination, this.#options.generation);
  }

  templateUnbound(destination: Destination): void {
    afterTemplateUnbind(destination, this.#options.generation);
  }

  #link(destination: Destination, settings: DestinationSettings): void {
    destination.weight = settings.weight;
    destination.lastWeight = settings.weight;
    applyThresholds(destination, settings, this.#options.generation);
    destination.available = true;
    this.#list.unshift(destination);
  }
}
