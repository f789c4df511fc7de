/**
 * How much of its configured weight a real server should get, from what it has left of each resource. Pure.
 *
 *   load         spare = 1 - load1 / cpus / limit            nothing is left at `limit` processes a CPU
 *   memory       spare = available / total / full            all is left as long as `full` of the memory is available
 *   connections  spare = 1 - established / limit             nothing is left at `limit` connections
 *
 * each held within 0 and 1, and then their weighted geometric mean:
 *
 *   share = product of spare ^ (weighting / sum of weightings)
 *
 * Not the arithmetic mean: a server that has run out of one thing cannot make up for it with the others.
 */

/** What was read from the host; null: it could not be, or nobody asked for it. */
export interface Readings {
  /** Processes that run or wait, mean of the last minute. */
  readonly load: { readonly perMinute: number; readonly cpus: number } | null;
  readonly memory: { readonly availableBytes: number; readonly totalBytes: number } | null;
  /** Established connections of the ports that were named. */
  readonly connections: number | null;
}

/** A weighting of 0 leaves the figure out. */
export interface ShareRules {
  readonly load: { readonly limitPerCpu: number; readonly weighting: number };
  /** `full`: part of the memory, above 0 and at most 1. */
  readonly memory: { readonly full: number; readonly weighting: number };
  /** null: connections do not count. */
  readonly connections: { readonly limit: number; readonly weighting: number } | null;
  /** The share is never said to be less, percent, 0..100. */
  readonly leastPercent: number;
}

export type FigureName = 'load' | 'memory' | 'connections';

export interface Figure {
  readonly name: FigureName;
  /** Load per CPU, part of the memory that is available, number of connections. */
  readonly value: number;
  /** What is left, 0 to 1. */
  readonly spare: number;
  readonly weighting: number;
}

/** The figures that were read and count, in a fixed order. Never throws. */
export function computeFigures(
  { load, memory, connections }: Readings,
  rules: ShareRules,
): readonly Figure[] {
  const figures: Figure[] = [];
  const add = (name: FigureName, value: number, spare: number, weighting: number): void => {
    if (weighting > 0) figures.push({ name, value, spare: Math.min(1, Math.max(0, spare)), weighting });
  };
  if (load !== null) {
    const perCpu = load.perMinute / load.cpus;
    add('load', perCpu, 1 - perCpu / rules.load.limitPerCpu, rules.load.weighting);
  }
  if (memory !== null) {
    const available = memory.availableBytes / memory.totalBytes;
    add('memory', available, available / rules.memory.full, rules.memory.weighting);
  }
  if (connections !== null && rules.connections !== null) {
    const { limit, weighting } = rules.connections;
    add('connections', connections, 1 - connections / limit, weighting);
  }
  return figures;
}

/**
 * The share in whole percent, `leastPercent` to 100.
 *
 * @returns null when there is no figure: then nothing can be said
 */
export function computePercent(figures: readonly Figure[], leastPercent: number): number | null {
  if (figures.length === 0) return null;
  const total = figures.reduce((sum, { weighting }) => sum + weighting, 0);
  const share = figures.reduce((product, { spare, weighting }) => product * spare ** (weighting / total), 1);
  return Math.max(leastPercent, Math.round(share * 100));
}
