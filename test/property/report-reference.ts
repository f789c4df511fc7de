/**
 * A slow and obvious report: time is cut into ticks, and for each tick it replays from the beginning how everything stood.
 * Shares no code with src/report.
 */
import type { Standing } from '../../src/model/standing.js';
import type { Mark, UnreadableMark } from '../../src/report/mark.js';

export interface ReferenceTotals {
  upMs: number;
  degradedMs: number;
  downMs: number;
  unknownMs: number;
  unwatchedMs: number;
  failures: number;
  outages: number;
}

/** Without a sign of life in so long a director stood still. */
const TWO_MINUTES = 120_000;

interface Tick {
  /** Marks up to this one were written before it. */
  readonly after: number;
  readonly wallMs: number;
  readonly watched: boolean;
}

type Entry = Mark | UnreadableMark;

const isMark = (entry: Entry): entry is Mark => entry.kind !== 'unreadable';

/** What stands where after the first `count` entries: an identity and a standing by path, `shop` or `shop/web-1`. */
function replay(entries: readonly Entry[], count: number): Map<string, { id: string; standing: Standing }> {
  const now = new Map<string, { id: string; standing: Standing }>();
  const ids = new Map<string, string>();
  let made = 0;
  const put = (path: string, standing: Standing): void => {
    const id = ids.get(path) ?? `${path}#${made++}`;
    ids.set(path, id);
    now.set(path, { id, standing });
  };
  const move = <Value>(map: Map<string, Value>, pairs: readonly (readonly [string, string])[]): void => {
    const under = (path: string, name: string): boolean => path === name || path.startsWith(`${name}/`);
    const lifted: [string, Value][] = [];
    for (const [from, to] of pairs)
      for (const [path, value] of [...map])
        if (under(path, from)) lifted.push([to + path.slice(from.length), value]);
    for (const [from] of pairs) for (const path of [...map.keys()]) if (under(path, from)) map.delete(path);
    const taken = new Set(lifted.map(([path]) => path.split('/')[0]));
    // A service that takes a name takes the whole of it.
    if (pairs.every(([from]) => !from.includes('/')))
      for (const path of [...map.keys()]) if (taken.has(path.split('/')[0] ?? '')) map.delete(path);
    for (const [path, value] of lifted) map.set(path, value);
  };
  for (const entry of entries.slice(0, count)) {
    if (entry.kind === 'all') {
      now.clear();
      for (const [service, { standing, servers }] of entry.standings) {
        put(service, standing);
        for (const [server, ofServer] of servers) put(`${service}/${server}`, ofServer);
      }
    }
    if (entry.kind === 'change')
      put(entry.server === null ? entry.service : `${entry.service}/${entry.server}`, entry.standing);
    if (entry.kind === 'rename') {
      const prefix = entry.service === null ? '' : `${entry.service}/`;
      const pairs = entry.names
        .map(([from, to]) => [prefix + from, prefix + to] as const)
        .filter(([from]) => ids.has(from));
      // What has only been known under the old name moves; an old name that nobody had is free.
      move(now, pairs);
      move(ids, pairs);
    }
  }
  return now;
}

function ticksOf(entries: readonly Entry[]): Tick[] {
  const ticks: Tick[] = [];
  let before: { mark: Mark; index: number } | null = null;
  let runs = false;
  let known = false;
  let broken = false;
  for (const [index, entry] of entries.entries()) {
    if (!isMark(entry)) {
      broken = true;
      continue;
    }
    if (before !== null) {
      const lost = entry.kind === 'all' && entry.lost;
      const byWall = entry.kind === 'start' || lost || !runs || broken;
      const length = byWall ? entry.wallMs - before.mark.wallMs : entry.monoMs - before.mark.monoMs;
      const watched = !byWall && known;
      for (let tick = 0; tick < length; tick++)
        ticks.push({
          after: before.index + 1,
          wallMs: before.mark.wallMs + tick,
          watched: watched && tick < TWO_MINUTES,
        });
    }
    if (entry.kind === 'start') known = false;
    if (entry.kind === 'all') known = true;
    runs = entry.kind !== 'stop';
    broken = false;
    before = { mark: entry, index };
  }
  return ticks;
}

/** By path of what stands at the end. */
export function referenceReport(
  entries: readonly Entry[],
  fromMs: number,
  toMs: number,
): Map<string, ReferenceTotals> {
  const states = entries.map((_, index) => replay(entries, index + 1));
  const byId = new Map<string, ReferenceTotals>();
  const totalsOf = (id: string): ReferenceTotals => {
    const known = byId.get(id);
    if (known !== undefined) return known;
    const none = { upMs: 0, degradedMs: 0, downMs: 0, unknownMs: 0, unwatchedMs: 0, failures: 0, outages: 0 };
    byId.set(id, none);
    return none;
  };
  const watchedDown = new Set<string>();
  for (const { after, wallMs, watched } of ticksOf(entries)) {
    if (wallMs < fromMs || wallMs >= toMs) continue;
    for (const { id, standing } of states[after - 1]?.values() ?? []) {
      const totals = totalsOf(id);
      if (!watched) totals.unwatchedMs++;
      else if (standing === 'unknown') totals.unknownMs++;
      else if (standing === 'down') {
        totals.downMs++;
        watchedDown.add(`${id} ${after - 1}`);
      } else {
        totals.upMs++;
        if (standing === 'degraded') totals.degradedMs++;
      }
    }
  }
  for (const id of new Set(states.flatMap((state) => [...state.values()].map((each) => each.id)))) {
    const totals = totalsOf(id);
    let last: 'up' | 'down' | null = null;
    let counted = false;
    for (const [index, state] of states.entries()) {
      const standing = [...state.values()].find((each) => each.id === id)?.standing;
      if (standing === undefined) last = null;
      if (standing === 'up' || standing === 'degraded') last = 'up';
      if (standing === 'down') {
        const entry = entries[index];
        if (last !== 'down') counted = false;
        const begins =
          last === 'up' &&
          entry !== undefined &&
          isMark(entry) &&
          entry.wallMs >= fromMs &&
          entry.wallMs <= toMs;
        if (begins) totals.failures++;
        if (!counted && (begins || watchedDown.has(`${id} ${index}`))) {
          totals.outages++;
          counted = true;
        }
        last = 'down';
      }
    }
  }
  return new Map(
    [...(states.at(-1) ?? new Map<string, { id: string }>())].map(([path, { id }]) => [path, totalsOf(id)]),
  );
}
