/** What a server's checks say of how much it can take. */

/** One says it of itself, or several together: then the least of each. */
export interface Load {
  /** Stands in place of the file's weight, 0..65535; null = the file's holds. 0 is asked for. */
  readonly weight: number | null;
  /** Share of the weight, 0 and above; 1 = all of it. 0 is asked for. */
  readonly share: number;
}

/** Nothing is said. */
export const WHOLE_LOAD: Load = { weight: null, share: 1 };

/** The least of both. */
export function leastLoad(a: Load, b: Load): Load {
  const weight =
    a.weight === null || b.weight === null ? (a.weight ?? b.weight) : Math.min(a.weight, b.weight);
  return { weight, share: Math.min(a.share, b.share) };
}

/** Missing is the same as nothing said. */
export function sameLoad(a: Load = WHOLE_LOAD, b: Load = WHOLE_LOAD): boolean {
  return a.weight === b.weight && a.share === b.share;
}
