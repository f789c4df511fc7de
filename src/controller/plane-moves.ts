/**
 * Objects to a file that makes services anew in place: one that moves to the other data plane, and a `match` service of
 * the kernel whose address family changes. What carries the connections ends with what it was. Judges two
 * configurations, as the shrink guard does. Pure.
 */
import type { Family } from '../base/ip.js';
import { plural } from '../base/plural.js';
import { compareServices, type ServicePair } from '../model/compare-services.js';
import type { ServiceKey } from '../model/keys.js';
import type { ServiceAddress } from '../model/service-address.js';
import type { ServicePlane } from '../model/virtual-service.js';

/** What needs to be known of a service: the one of the running configuration, or of the new one. */
export interface PlacedService {
  readonly key: ServiceKey;
  readonly name: string;
  readonly plane: ServicePlane;
  readonly address: Pick<ServiceAddress, 'kind' | 'family'>;
}

/** A service that would change its plane. */
export interface PlaneMove {
  /** As the new configuration names it. */
  readonly service: string;
  readonly from: ServicePlane;
  readonly to: ServicePlane;
}

/** A `match` service that would get addresses of the other family. */
export interface FamilyChange {
  /** As the new configuration names it. */
  readonly service: string;
  readonly from: Family;
  readonly to: Family;
}

const MOST_NAMES = 5;

/** Lists the services of both configurations whose plane differs, in the order of the new one. */
export function planeMoves(
  before: readonly PlacedService[],
  after: readonly PlacedService[],
): readonly PlaneMove[] {
  const { edited } = compareServices(before, after);
  return edited
    .filter(({ before: { plane: from }, after: { plane: to } }) => from !== to)
    .map((pair) => ({ service: pair.after.name, from: pair.before.plane, to: pair.after.plane }));
}

/**
 * Lists the `match` services of both configurations whose family differs, in the order of the new one: the kernel knows
 * them by their marks, and a mark of the other family is another service. Only those that stay in the kernel; in
 * userspace connections live on when their service is made anew.
 */
export function familyChanges(
  before: readonly PlacedService[],
  after: readonly PlacedService[],
): readonly FamilyChange[] {
  const { edited } = compareServices(before, after);
  return edited
    .filter((pair) => staysInKernel(pair) && pair.before.address.kind === 'match')
    .map((pair) => ({
      service: pair.after.name,
      from: pair.before.address.family,
      to: pair.after.address.family,
    }))
    .filter(({ from, to }) => from !== to);
}

function staysInKernel({ before, after }: ServicePair<PlacedService, PlacedService>): boolean {
  return before.plane === 'kernel' && after.plane === 'kernel';
}

/** Says in one line which services would move. @returns null when none does */
export function explainMoves(moves: readonly PlaneMove[]): string | null {
  if (moves.length === 0) return null;
  const named = moves.map(({ service, from, to }) => `${service} from the ${from} to the ${to} plane`);
  return `the file moves ${plural(moves.length, 'service')}: ${listFew(named)}; that drops their connections`;
}

/** Says in one line which services would change their family. @returns null when none does */
export function explainFamilyChanges(changes: readonly FamilyChange[]): string | null {
  if (changes.length === 0) return null;
  const named = changes.map(({ service, from, to }) => `${service} from IPv${from} to IPv${to}`);
  const what = `the file changes the address family of ${plural(changes.length, 'match service')}`;
  return `${what}: ${listFew(named)}; that drops their connections`;
}

function listFew(named: readonly string[]): string {
  const rest = named.length > MOST_NAMES ? ` and ${named.length - MOST_NAMES} more` : '';
  return `${named.slice(0, MOST_NAMES).join(', ')}${rest}`;
}
