/**
 * Objects to a file that moves services from one data plane to the other: the connections that the first one carries
 * end with it. Judges two configurations, as the shrink guard does. Pure.
 */
import { plural } from '../base/plural.js';
import type { ServiceKey } from '../model/keys.js';
import type { ServicePlane } from '../model/virtual-service.js';

/** What needs to be known of a service: the one of the running configuration, or of the new one. */
export interface PlacedService {
  readonly key: ServiceKey;
  readonly name: string;
  readonly plane: ServicePlane;
}

/** A service that would change its plane. */
export interface PlaneMove {
  /** As the new configuration names it. */
  readonly service: string;
  readonly from: ServicePlane;
  readonly to: ServicePlane;
}

const MOST_NAMES = 5;

/** Lists the services of both configurations whose plane differs, in the order of the new one. */
export function planeMoves(
  before: readonly PlacedService[],
  after: readonly PlacedService[],
): readonly PlaneMove[] {
  const planes = new Map(before.map(({ key, plane }) => [key, plane]));
  return after.flatMap(({ key, name, plane }) => {
    const from = planes.get(key);
    return from === undefined || from === plane ? [] : [{ service: name, from, to: plane }];
  });
}

/** Says in one line which services would move. @returns null when none does */
export function explainMoves(moves: readonly PlaneMove[]): string | null {
  if (moves.length === 0) return null;
  const named = moves
    .slice(0, MOST_NAMES)
    .map(({ service, from, to }) => `${service} from the ${from} to the ${to} plane`);
  const rest = moves.length > MOST_NAMES ? ` and ${moves.length - MOST_NAMES} more` : '';
  const what = `the file moves ${plural(moves.length, 'service')}: ${named.join(', ')}${rest}`;
  return `${what}; that drops their connections`;
}
