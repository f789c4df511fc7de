/**
 * The shrink guard at start: a table that an earlier lvsd left is traffic, and a file that was emptied while nobody ran,
 * that moves services off the kernel, or that gives them the other address family, must not end it. Pure.
 */
import type { OwnedTable } from '../controller/ownership.js';
import { explainFamilyChanges, explainMoves, familyChanges, planeMoves } from '../controller/plane-moves.js';
import {
  explainObjections,
  HOW_TO_FORCE,
  shrinkObjections,
  type GuardedService,
} from '../controller/shrink-guard.js';
import type { Model } from '../model/director.js';
import { isProbe } from '../model/probe-service.js';

/**
 * Compares the file with what lvsd owns in the table.
 *
 * @param lastGood the configuration that was accepted last, with the servers of each service and its own limit; null
 *   where none is known: then only whole services are guarded, by the new file's limit
 * @returns the objection for people; null when the file may pass, and always where nothing is owned
 */
export function bootObjection(model: Model, owned: OwnedTable, lastGood: Model | null): string | null {
  const known = new Map(lastGood?.services.map((service) => [service.key, service]));
  const before = [...owned.services]
    .filter(([, name]) => !isProbe({ name }))
    .map(([key, name]): GuardedService => known.get(key) ?? { key, name, servers: [] });
  const limit = (lastGood ?? model).director.shrinkGuard;
  const shrinking = explainObjections(shrinkObjections(before, model.services, limit), limit);
  // What the userspace plane had has ended with its process.
  const inKernel = [...known.values()].filter(
    ({ key, plane }) => plane === 'kernel' && owned.services.has(key),
  );
  const dropping = [
    explainMoves(planeMoves(inKernel, model.services)),
    explainFamilyChanges(familyChanges(inKernel, model.services)),
  ].filter((line) => line !== null);
  return dropping.length === 0 ? shrinking : [...dropping, shrinking ?? HOW_TO_FORCE].join('\n');
}

/** The same objection where no director runs, and `lvsd apply` is what would be forced. */
export function objectionToApply(objection: string): string {
  return objection.replace('lvsd reload --force', 'lvsd apply --force');
}
