/** How late probes come, by when they arrived. */

/** Milliseconds. */
export interface Lateness {
  readonly probes: number;
  readonly servers: number;
  /** Servers that were asked less often than they should have been by two or more. */
  readonly neglected: number;
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly mostMs: number;
}

/**
 * From one probe of a server to the next, less the interval; a probe that comes early is not late.
 *
 * @param arrivals of each server, milliseconds, rising
 * @param seconds how long was listened
 */
export function latenessOf(
  arrivals: Readonly<Record<string, readonly number[]>>,
  { intervalMs, servers, seconds }: { intervalMs: number; servers: number; seconds: number },
): Lateness {
  const lists = Object.values(arrivals);
  const late: number[] = [];
  for (const list of lists)
    for (let index = 1; index < list.length; index++)
      late.push(Math.max(0, (list[index] ?? 0) - (list[index - 1] ?? 0) - intervalMs));
  late.sort((a, b) => a - b);
  const at = (share: number): number => late[Math.min(late.length - 1, Math.floor(late.length * share))] ?? 0;
  const wanted = Math.floor((seconds * 1000) / intervalMs) - 1;
  const asked = lists.filter((list) => list.length >= wanted).length;
  return {
    probes: lists.reduce((sum, list) => sum + list.length, 0),
    servers: lists.length,
    neglected: servers - asked,
    medianMs: at(0.5),
    p99Ms: at(0.99),
    mostMs: late.at(-1) ?? 0,
  };
}
