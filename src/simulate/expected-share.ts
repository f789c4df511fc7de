/** The share of connections that each scheduler promises each server, as far as it promises one. */
import type { SchedulerName } from '../../schedulers/index.js';

export interface ShareCandidate {
  readonly name: string;
  readonly weight: number;
}

/**
 * Shares by server name; they sum to 1, or are all 0 when nobody has weight.
 *
 * rr, lc and dh deal evenly; fo gives all to the heaviest; ovf fills the heaviest first, each up to weight + 1 of the
 * connections that are open at a time; the others go by weight.
 *
 * @param servers newest first, as the schedulers break ties
 * @param openAtOnce connections open at a time, at least 1
 */
export function expectedShares(
  scheduler: SchedulerName,
  servers: readonly ShareCandidate[],
  openAtOnce: number,
): Map<string, number> {
  const amounts = amountsOf(scheduler, servers, openAtOnce);
  const sum = amounts.reduce((total, amount) => total + amount, 0);
  return new Map(servers.map(({ name }, index) => [name, sum === 0 ? 0 : (amounts[index] ?? 0) / sum]));
}

function amountsOf(
  scheduler: SchedulerName,
  servers: readonly ShareCandidate[],
  openAtOnce: number,
): number[] {
  switch (scheduler) {
    case 'rr':
    case 'lc':
    case 'dh':
      return servers.map(({ weight }) => (weight > 0 ? 1 : 0));
    case 'fo':
      return filled(servers, 1, () => 1);
    case 'ovf':
      return filled(servers, openAtOnce, (weight) => weight + 1);
    default:
      return servers.map(({ weight }) => weight);
  }
}

/** Hands out `amount`, to the heaviest server first, to each as much as it holds. */
function filled(
  servers: readonly ShareCandidate[],
  amount: number,
  capacity: (weight: number) => number,
): number[] {
  const amounts = servers.map(() => 0);
  const byWeight = servers.map(({ weight }, index) => ({ weight, index }));
  let left = amount;
  for (const { weight, index } of byWeight.sort((one, other) => other.weight - one.weight)) {
    const taken = weight > 0 ? Math.min(left, capacity(weight)) : 0;
    amounts[index] = taken;
    left -= taken;
  }
  return amounts;
}
