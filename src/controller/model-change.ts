/** What it means to go from one configuration to another: which services it concerns, and what speaks against it. Pure. */
import type { Dataplane } from '../dataplane/types.js';
import type { Model } from '../model/director.js';
import type { ServiceKey } from '../model/keys.js';
import type { VirtualService } from '../model/virtual-service.js';
import { explainFamilyChanges, explainMoves, familyChanges, planeMoves } from './plane-moves.js';
import { explainObjections, HOW_TO_FORCE, shrinkObjections } from './shrink-guard.js';

type Services = ReadonlyMap<ServiceKey, VirtualService>;

/**
 * Services that are another object than before, came, or went, and those that are not as they ought to be, in the order
 * of the files.
 */
export function concernedServices(
  before: Services,
  after: Services,
  wrong: ReadonlySet<ServiceKey>,
): ReadonlySet<ServiceKey> {
  const keys = new Set([...before.keys(), ...after.keys(), ...wrong]);
  return new Set([...keys].filter((key) => wrong.has(key) || before.get(key) !== after.get(key)));
}

/**
 * What speaks against taking over a configuration unasked: the shrink guard, services that would be made anew and drop
 * their connections; null when nothing.
 *
 * @param before the running one; its guard counts, so that a file cannot loosen the guard that judges it
 */
export function objectionTo(
  after: Model,
  before: Pick<Model, 'director' | 'services'>,
  plane: Dataplane['kind'],
): string | null {
  const limit = before.director.shrinkGuard;
  const shrinking = explainObjections(shrinkObjections(before.services, after.services, limit), limit);
  const dropping = [
    plane === 'composite' ? explainMoves(planeMoves(before.services, after.services)) : null,
    plane === 'proxy' ? null : explainFamilyChanges(familyChanges(before.services, after.services)),
  ].filter((line) => line !== null);
  return dropping.length === 0 ? shrinking : [...dropping, shrinking ?? HOW_TO_FORCE].join('\n');
}
