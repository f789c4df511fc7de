/** Tells plans that must not rest on a remembered table. Pure. */
import type { ObservedTable, Step } from '../dataplane/types.js';
import type { ServiceKey } from '../model/keys.js';
import { isProbe } from '../model/probe-service.js';
import { removesTooMuch } from './shrink-guard.js';

/**
 * True when the plan deletes a service that is not ours, or a larger share of the services or of one service's
 * servers than `shrink_guard` allows: then the table is dumped anew and planned again before anything is deleted.
 *
 * Checks and operators may well ask for that; nothing is refused here.
 */
export function needsFreshDump(
  plan: readonly Step[],
  observed: ObservedTable,
  owned: ReadonlyMap<ServiceKey, string>,
  limit: number,
): boolean {
  let services = 0;
  const servers = new Map<ServiceKey, number>();
  for (const { kind, service } of plan) {
    // Clients know nothing of them.
    if (isProbe(service) && owned.has(service.key)) continue;
    if (kind === 'delete-service') services++;
    if (kind === 'delete-service' && !owned.has(service.key)) return true;
    if (kind === 'delete-server') servers.set(service.key, (servers.get(service.key) ?? 0) + 1);
  }
  if (removesTooMuch(services, observed.size, limit)) return true;
  for (const [key, removed] of servers)
    if (removesTooMuch(removed, observed.get(key)?.servers.size ?? 0, limit)) return true;
  return false;
}
