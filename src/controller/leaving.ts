/**
 * Servers that are in the table of a service and not in the file: those that left it, and those that were there when
 * lvsd took the service over. Somebody may depend on them, so they are drained instead of deleted. Pure.
 */
import type { ObservedTable } from '../dataplane/types.js';
import type { DesiredState } from '../model/desired-state.js';
import type { ServicePair } from '../model/compare-services.js';
import type { DrainOrder, LeavingServer } from '../model/drain.js';
import { canStandAside } from '../model/hash-fallback.js';
import type { ServerKey, ServiceKey } from '../model/keys.js';
import type { VirtualService } from '../model/virtual-service.js';
import type { ServerFacts } from './facts.js';

/** A leaving server as the controller knows it. */
export interface Leaver extends LeavingServer {
  /** It has been found in the table; whether one that the file just dropped is there, the next round finds out. */
  readonly seen: boolean;
  /** It is idle or its time is over: the next plan deletes it. */
  readonly ended: boolean;
}

/** By service. Services without any are absent. */
export type Leaving = ServerFacts<Leaver>;

export const NOBODY_LEAVES: Leaving = new Map();

type Services = ReadonlyMap<ServiceKey, VirtualService>;

/**
 * Lists the servers that the step from one file to the next takes out of services that stay.
 *
 * One that an operator drains already keeps the operator's deadline. With `drain: { timeout: 0s }` nobody else is listed,
 * nor with a scheduler that would turn away the clients of a server with weight 0 for as long as it drains.
 *
 * @param edited services of both files
 * @param wallMs now
 */
export function findLeavers(
  edited: Iterable<ServicePair<VirtualService, VirtualService>>,
  drains: ServerFacts<DrainOrder>,
  wallMs: number,
): Leaving {
  const leaving = new Map<ServiceKey, ReadonlyMap<ServerKey, Leaver>>();
  for (const { before: last, after: next } of edited) {
    const { key } = next;
    const kept = new Set(next.servers.map((server) => server.key));
    const left = new Map<ServerKey, Leaver>();
    for (const { key: server, name } of last.servers) {
      const time = kept.has(server) ? null : timeOf(drains.get(key)?.get(server), next, wallMs);
      if (time !== null) left.set(server, { name, origin: 'file', ...time, seen: false, ended: false });
    }
    if (left.size > 0) leaving.set(key, left);
  }
  return leaving;
}

/** null when the server is not to be drained, or has been. */
function timeOf(order: DrainOrder | undefined, service: VirtualService, wallMs: number) {
  if (order !== undefined)
    return order.end === null ? { sinceMs: order.sinceMs, deadlineMs: order.deadlineMs } : null;
  const timeoutMs = timeoutOf(service);
  return timeoutMs === 0 ? null : { sinceMs: wallMs, deadlineMs: wallMs + timeoutMs };
}

function timeoutOf({ drain, settings }: VirtualService): number {
  return canStandAside(settings) ? drain.timeoutMs : 0;
}

/** Both lists; where both know a server, the first one's word counts. */
export function joinLeaving(one: Leaving, other: Leaving): Leaving {
  if (one.size === 0 || other.size === 0) return one.size === 0 ? other : one;
  const joined = new Map(one);
  for (const [key, servers] of other) joined.set(key, new Map([...servers, ...(one.get(key) ?? [])]));
  return joined;
}

export interface LeavingInputs {
  readonly known: Leaving;
  /** Services that lvsd takes over at this moment: what else is in them are strangers. */
  readonly adopted: Iterable<ServiceKey>;
  /**
   * Services that an earlier process owned and whose entries this one sees for the first time: what else is in them
   * has left the file in between.
   */
  readonly recalled: Iterable<ServiceKey>;
  readonly services: Services;
  /** As last planned; it may be older than `services`. */
  readonly desired: DesiredState;
  readonly observed: ObservedTable;
  /** Wall clock, ms since the epoch. */
  readonly wallMs: number;
}

/**
 * Brings the list up to date: adds what is found in services that are seen for the first time, and drops servers that
 * are no longer in the table, or in the file (again).
 */
export function updateLeaving(inputs: LeavingInputs): Leaving {
  const { known, adopted, recalled, services, observed, wallMs } = inputs;
  const updated = new Map<ServiceKey, ReadonlyMap<ServerKey, Leaver>>();
  const found = (key: ServiceKey, time: Pick<Leaver, 'origin' | 'sinceMs' | 'deadlineMs'>): void => {
    const entry = observed.get(key);
    if (entry === undefined) return;
    const configured = configuredServers(key, inputs);
    // One that an earlier process put in and that is needed no more goes as it would have gone then.
    const sorry = time.origin === 'file' ? services.get(key)?.sorryServer?.key : undefined;
    const isExtra = (server: ServerKey): boolean => !configured.has(server) && server !== sorry;
    const extra = [...entry.servers.values()].filter((server) => isExtra(server.key));
    const state = { seen: true, ended: false };
    const leavers = extra.map((server) => [server.key, { name: server.name, ...time, ...state }] as const);
    if (leavers.length > 0) updated.set(key, new Map(leavers));
  };
  for (const key of adopted) found(key, { origin: 'stranger', sinceMs: wallMs, deadlineMs: null });
  for (const key of recalled) {
    const service = services.get(key);
    const timeoutMs = service === undefined ? 0 : timeoutOf(service);
    if (timeoutMs > 0) found(key, { origin: 'file', sinceMs: wallMs, deadlineMs: wallMs + timeoutMs });
  }
  for (const [key, servers] of known) {
    const here = observed.get(key)?.servers;
    const configured = configuredServers(key, inputs);
    const left = [...servers]
      .filter(([server]) => here?.has(server) === true && !configured.has(server))
      .map(([server, leaver]) => [server, { ...leaver, seen: true }] as const);
    if (services.has(key) && left.length > 0)
      updated.set(key, new Map([...(updated.get(key) ?? []), ...left]));
  }
  return updated;
}

/**
 * Those in the file that are known as such to the plan that comes, too: one that has come back while a round is under
 * way must not look to that round like one that may be deleted. The sorry server is one of them while it serves.
 */
function configuredServers(
  key: ServiceKey,
  { services, desired }: Pick<LeavingInputs, 'services' | 'desired'>,
): ReadonlySet<ServerKey> {
  const planned = desired.get(key);
  const decided = new Set(planned?.decisions.map(({ server }) => server));
  const inFile = services.get(key)?.servers ?? [];
  const configured = new Set(inFile.map((server) => server.key).filter((server) => decided.has(server)));
  const sorry = services.get(key)?.sorryServer?.key;
  if (sorry !== undefined && planned?.servers.some((server) => server.key === sorry) === true)
    configured.add(sorry);
  return configured;
}

/** True when the same servers leave, with the same times and names. */
export function sameLeaving(one: Leaving, other: Leaving): boolean {
  if (one.size !== other.size) return false;
  for (const [key, servers] of one) {
    const others = other.get(key);
    if (others?.size !== servers.size) return false;
    for (const [server, leaver] of servers) {
      const same = others.get(server);
      if (same === undefined || !sameLeaver(leaver, same)) return false;
    }
  }
  return true;
}

function sameLeaver(one: Leaver, other: Leaver): boolean {
  return (
    one.name === other.name &&
    one.origin === other.origin &&
    one.sinceMs === other.sinceMs &&
    one.deadlineMs === other.deadlineMs &&
    one.seen === other.seen &&
    one.ended === other.ended
  );
}
