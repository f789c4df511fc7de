/** What differs between two lists of services. Pure. */
import type { ServiceKey } from './keys.js';

interface Keyed {
  readonly key: ServiceKey;
}

/** A service of both lists that is another object in each. */
export interface ServicePair<Before, After> {
  readonly before: Before;
  readonly after: After;
}

/** Each part in the order of its list, pairs in that of the second one. */
export interface ServiceDifference<Before, After> {
  /** In the first list alone. */
  readonly gone: readonly Before[];
  /** In the second list alone. */
  readonly come: readonly After[];
  readonly edited: readonly ServicePair<Before, After>[];
}

/**
 * Compares two lists in each of which keys are unique. A service that is the same object in both is in no part.
 *
 * Where both lists have nearly the same order, and most services are the very same objects, it costs no more than a look at each.
 */
export function compareServices<Before extends Keyed, After extends Keyed>(
  before: readonly Before[],
  after: readonly After[],
): ServiceDifference<Before, After> {
  const edited: ServicePair<Before, After>[] = [];
  const [left, right]: [Before[], After[]] = [[], []];
  for (let at = 0; at < Math.max(before.length, after.length); at++) {
    const [one, other] = [before[at], after[at]];
    if (isSame(one, other)) continue;
    if (one !== undefined && other?.key === one.key) edited.push({ before: one, after: other });
    else {
      if (one !== undefined) left.push(one);
      if (other !== undefined) right.push(other);
    }
  }
  if (left.length === 0 && right.length === 0) return { gone: [], come: [], edited };
  return joined(edited, matched(left, right), after);
}

/** Those that do not stand at the same place in both lists. */
function matched<Before extends Keyed, After extends Keyed>(
  before: readonly Before[],
  after: readonly After[],
): ServiceDifference<Before, After> {
  const left = new Map(before.map((service) => [service.key, service]));
  const come: After[] = [];
  const edited: ServicePair<Before, After>[] = [];
  for (const service of after) {
    const known = left.get(service.key);
    left.delete(service.key);
    if (known === undefined) come.push(service);
    else if (!isSame(known, service)) edited.push({ before: known, after: service });
  }
  return { gone: [...left.values()], come, edited };
}

function joined<Before, After>(
  edited: readonly ServicePair<Before, After>[],
  others: ServiceDifference<Before, After>,
  after: readonly After[],
): ServiceDifference<Before, After> {
  if (edited.length === 0 || others.edited.length === 0)
    return { ...others, edited: edited.length === 0 ? others.edited : edited };
  const pairs = new Map([...edited, ...others.edited].map((pair) => [pair.after, pair]));
  return {
    ...others,
    edited: after.map((service) => pairs.get(service)).filter((pair) => pair !== undefined),
  };
}

function isSame(one: unknown, other: unknown): boolean {
  return one === other;
}
