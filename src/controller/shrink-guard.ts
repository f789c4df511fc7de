/**
 * Objects to a file that removes most of what is served: an emptied include or a wrong branch checked out must
 * not take traffic down. Counts removals between two files only, never what checks or the operator take out. Pure.
 */
import { compareServices } from '../model/compare-services.js';
import type { ServerKey, ServiceKey } from '../model/keys.js';

/** What the guard needs to know of a service: the one of the running configuration, or of the new one. */
export interface GuardedService {
  readonly key: ServiceKey;
  readonly name: string;
  readonly servers: readonly { readonly key: ServerKey; readonly name: string }[];
}

/** One reason to refuse: how much of what would go. */
export interface ShrinkObjection {
  /** The service that would lose servers; null when it is the table that would lose services. */
  readonly service: string | null;
  /** Names of what would go. */
  readonly removed: readonly string[];
  /** Out of how many. */
  readonly total: number;
}

/** Below this many removals the share says nothing: replacing one of two servers is everyday work. */
const FEWEST_GUARDED = 4;

const MOST_NAMES = 5;

/** The last line of every objection. */
export const HOW_TO_FORCE = 'if this is meant: lvsd reload --force';

/** True when removing so many of so many is more than the guard allows. */
export function removesTooMuch(removed: number, total: number, limit: number): boolean {
  return removed >= FEWEST_GUARDED && removed > total * limit;
}

/**
 * Lists what the guard objects to, the table first, then services in the order of the new list; empty when the change may pass.
 *
 * @param before what lvsd owns, as last accepted
 * @param limit share that one change may remove, 0..1, itself still allowed
 */
export function shrinkObjections(
  before: readonly GuardedService[],
  after: readonly GuardedService[],
  limit: number,
): readonly ShrinkObjection[] {
  const { gone, edited } = compareServices(before, after);
  const emptied = after.length === 0 && before.length > 0;
  const objections: ShrinkObjection[] = [];
  if (emptied || removesTooMuch(gone.length, before.length, limit))
    objections.push({ service: null, removed: gone.map(({ name }) => name), total: before.length });
  for (const { before: service, after: successor } of edited) {
    const removed = removedServers(service, successor);
    if (removesTooMuch(removed.length, service.servers.length, limit))
      objections.push({ service: service.name, removed, total: service.servers.length });
  }
  return objections;
}

/**
 * Says what would go, the share, the limit, and what to do; one line an objection.
 *
 * @returns null when there is no objection
 */
export function explainObjections(objections: readonly ShrinkObjection[], limit: number): string | null {
  if (objections.length === 0) return null;
  const lines = objections.map((objection) => explain(objection, limit));
  return [...lines, HOW_TO_FORCE].join('\n');
}

function explain({ service, removed, total }: ShrinkObjection, limit: number): string {
  const what = service === null ? 'services' : `servers of ${service}`;
  const share = `${removed.length} of ${total} ${what} (${percent(removed.length / total)})`;
  const rule =
    service === null && removed.length === total
      ? 'an empty table is never taken from a file unasked'
      : `shrink_guard allows ${percent(limit)}`;
  return `the file removes ${share}: ${listNames(removed)}; ${rule}`;
}

function removedServers(before: GuardedService, after: GuardedService): readonly string[] {
  const kept = new Set(after.servers.map((server) => server.key));
  return before.servers.filter((server) => !kept.has(server.key)).map((server) => server.name);
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(1))}%`;
}

function listNames(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMES).join(', ');
  return names.length > MOST_NAMES ? `${shown} and ${names.length - MOST_NAMES} more` : shown;
}
