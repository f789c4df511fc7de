/** fo and ovf: the heaviest destination that can take more. */
import { firstBest } from './least.js';
import { usable } from './load.js';
import type { Algorithm, Destination } from './model.js';

const heavier = (best: Destination, next: Destination): boolean => next.weight > best.weight;

/** fo: the highest weight. */
export function weightedFailover(list: readonly Destination[]): Algorithm {
  return { schedule: () => firstBest(list.filter(usable), heavier) };
}

/** ovf: the highest weight among those with no more active connections than their weight. */
export function weightedOverflow(list: readonly Destination[]): Algorithm {
  return {
    schedule: () =>
      firstBest(
        list.filter((destination) => usable(destination) && destination.active <= destination.weight),
        heavier,
      ),
  };
}
