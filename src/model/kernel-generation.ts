/** Which rules a kernel schedules by. Pure. */

/**
 * `total` counts all connections in the overhead of lc, wlc, lblc and lblcr, and has other rules of overload than
 * `classic`; `capped` also limits the caches of lblc and lblcr.
 */
export type KernelGeneration = 'classic' | 'total' | 'capped';

/** Patch levels from which a stable series follows the newer rules; series that are not here are `classic`. */
const SERIES: Readonly<Record<string, { readonly total: number; readonly capped: number }>> = {
  '6.1': { total: 183, capped: 191 },
  '6.12': { total: 104, capped: 113 },
};

/** The rules of a kernel, from a text that holds its release: `Linux 6.1.176`, `6.12.117-amd64`. */
export function generationOfKernel(text: string): KernelGeneration {
  const match = /(\d+\.\d+)\.(\d+)/.exec(text);
  const series = SERIES[match?.[1] ?? ''];
  const patch = Number(match?.[2]);
  if (series === undefined || patch < series.total) return 'classic';
  return patch < series.capped ? 'total' : 'capped';
}
