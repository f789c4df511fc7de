/** How pools take one another. */
import { valuePlace, type PoolDraft } from './draft.js';
import type { ProblemList } from './problem-list.js';

type Pools = ReadonlyMap<string, PoolDraft>;

interface Visit {
  readonly name: string;
  /** References of this pool that are still to be followed, last first. */
  readonly pending: { readonly target: string; readonly index: number }[];
}

/**
 * Names of pools that reach themselves. Each circle is reported where it closes.
 *
 * Depth first without recursion: a chain of pools may be as long as a file allows.
 */
export function reportPoolCycles(pools: Pools, problems: ProblemList): ReadonlySet<string> {
  const circular = new Set<string>();
  const finished = new Set<string>();
  for (const start of pools.keys()) {
    const chain: Visit[] = finished.has(start) ? [] : [visit(start, pools)];
    const open = new Set(chain.map((step) => step.name));
    for (let here = chain.at(-1); here !== undefined; here = chain.at(-1)) {
      const next = here.pending.pop();
      if (next === undefined) {
        finished.add(here.name);
        open.delete(here.name);
        chain.pop();
      } else if (open.has(next.target)) {
        const circle = chain
          .slice(chain.findIndex((step) => step.name === next.target))
          .map((step) => step.name);
        for (const name of circle) circular.add(name);
        report(here.name, next, circle, pools, problems);
      } else if (!finished.has(next.target) && pools.has(next.target)) {
        chain.push(visit(next.target, pools));
        open.add(next.target);
      }
    }
  }
  return circular;
}

function visit(name: string, pools: Pools): Visit {
  const entries = pools.get(name)?.entries ?? [];
  const pending = entries.flatMap((entry, index) => ('pool' in entry ? [{ target: entry.pool, index }] : []));
  return { name, pending: pending.reverse() };
}

function report(
  from: string,
  reference: { readonly target: string; readonly index: number },
  circle: readonly string[],
  pools: Pools,
  problems: ProblemList,
): void {
  const pool = pools.get(from);
  if (pool === undefined) return;
  problems.add(valuePlace(pool.spot, reference.index, 'pool'), {
    rule: 'pool-cycle',
    message: `the pools run in a circle: ${[...circle, reference.target].join(' -> ')}`,
  });
}
