/** What speaks against going from one configuration to another. Pure. */
import type { Dataplane } from '../dataplane/types.js';
import type { Model } from '../model/director.js';
import { explainFamilyChanges, explainMoves, familyChanges, planeMoves } from './plane-moves.js';
import { explainObjections, HOW_TO_FORCE, shrinkObjections } from './shrink-guard.js';

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
