/** lc, wlc, sed, nq: the least loaded destination, ties to the one that comes first. */
import { overhead, usable } from './load.js';
import type { Algorithm, Destination, Generation, ServiceOptions } from './model.js';

/** lc: the least overhead; the size of a weight does not matter. */
export function leastConnection(list: readonly Destination[], options: ServiceOptions): Algorithm {
  return {
    schedule: () =>
      firstBest(
        list.filter(usable),
        (best, next) => overhead(next, options.generation) < overhead(best, options.generation),
      ),
  };
}

/** wlc: the least overhead by weight. */
export function weightedLeastConnection(list: readonly Destination[], options: ServiceOptions): Algorithm {
  return { schedule: () => leastByWeight(list, options.generation) };
}

/** sed: as wlc, counting the connection that is about to come. */
export function shortestExpectedDelay(list: readonly Destination[]): Algorithm {
  return { schedule: () => firstBest(list.filter(usable), shorterDelay) };
}

/** nq: an idle destination at once, whatever its weight; else as sed. */
export function neverQueue(list: readonly Destination[]): Algorithm {
  return {
    schedule() {
      const candidates = list.filter(usable);
      return (
        candidates.find((destination) => destination.active === 0) ?? firstBest(candidates, shorterDelay)
      );
    },
  };
}

/** The wlc rule over a whole service, which lblc and lblcr also use. */
export function leastByWeight(list: readonly Destination[], generation: Generation): Destination | null {
  return firstBest(list.filter(usable), (best, next) => lessLoaded(best, next, generation));
}

/** Whether `next` has strictly less overhead by weight than `best`. */
export function lessLoaded(best: Destination, next: Destination, generation: Generation): boolean {
  return overhead(best, generation) * BigInt(next.weight) > overhead(next, generation) * BigInt(best.weight);
}

function shorterDelay(best: Destination, next: Destination): boolean {
  return BigInt(best.active + 1) * BigInt(next.weight) > BigInt(next.active + 1) * BigInt(best.weight);
}

/** The candidate no later one beats. */
export function firstBest(
  candidates: readonly Destination[],
  beats: (best: Destination, next: Destination) => boolean,
): Destination | null {
  let best: Destination | null = null;
  for (const next of candidates) {
    if (best === null || beats(best, next)) best = next;
  }
  return best;
}
