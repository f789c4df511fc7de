/**
 * Which one server has a service for a primary. Pure; what it has to know of its last decision is handed in and comes
 * out again.
 *
 *            says replica, fails, is taken out │ unconfirmed after another's new claim │ another has a higher term
 *   holder ───────────────────────────────────────────────────────────────────────────────────────────────────► other
 *
 * A service for a primary takes writes, and two that take them at one time have two histories. So there is one holder,
 * or none: all others are out, whatever their checks come to together. Who holds stays for as long as it says that it is
 * the primary; a claim of another one is no reason to change, unless its term is higher or the holder has been asked
 * since and did not answer. Once the holder has said so against it, the other one is a rival for as long as it goes on:
 * two primaries that last are no fail-over, and a probe of the holder that is lost then moves nothing.
 */
import type { ServerKey } from '../model/keys.js';
import type { RoleReport } from '../model/role.js';
import type { PrimaryHolding } from '../model/serving.js';
import type { Verdict } from '../model/status.js';
import type { Standing } from './judge-server.js';

export interface PrimaryRuling {
  /** Those of all servers, in the same order: all but the holder's are out. */
  readonly standings: readonly Standing[];
  readonly holding: PrimaryHolding;
  /** For people; empty unless several say that they are the primary. */
  readonly reason: string;
}

interface Claim {
  readonly standing: Standing;
  readonly role: RoleReport;
}

/**
 * Decides. Never throws.
 *
 * @param standings of all servers of the service, backups included, in the order of the file
 * @param before the last decision; undefined before the first
 */
export function rulePrimary(
  standings: readonly Standing[],
  verdicts: ReadonlyMap<ServerKey, Verdict> | undefined,
  before: PrimaryHolding | undefined,
): PrimaryRuling {
  const claims = standings.flatMap((standing) => claimOf(standing, verdicts?.get(standing.server.key)));
  const held = claims.find(({ standing }) => standing.server.key === before?.holder);
  const rivals = new Set(held === undefined ? [] : before?.rivals);
  const challengers = claims.filter((claim) => claim !== held && claim.role.confirmed);
  const unseats = (one: Claim, of: Claim): boolean => beats(one, of, rivals.has(one.standing.server.key));
  const holder =
    held === undefined ? best(challengers) : (best(challengers.filter((one) => unseats(one, held))) ?? held);
  // The holder of before is among them if it still says that it is the primary.
  const others = claims.filter((claim) => claim !== holder);
  const isRival = (claim: Claim): boolean => holder === held && rivals.has(claim.standing.server.key);
  const opposed =
    holder === undefined
      ? []
      : others.filter((claim) => isRival(claim) || (claim.role.confirmed && isOpposed(claim, holder)));
  const ruled = standings.map((standing) =>
    standing === holder?.standing
      ? standing
      : setAside(standing, verdicts?.get(standing.server.key), holder, opposed),
  );
  return {
    standings: ruled,
    holding: {
      holder: holder?.standing.server.key ?? null,
      rivals: opposed.map(({ standing }) => standing.server.key),
      pending:
        holder !== undefined && others.some((claim) => claim.role.confirmed && !opposed.includes(claim)),
    },
    reason: conflictReason(holder, opposed),
  };
}

/** One that could take traffic, and said last that it is the primary. */
function claimOf(standing: Standing, verdict: Verdict | undefined): readonly Claim[] {
  const role = verdict?.role;
  const isAble = standing.state === 'well' && standing.weight > 0;
  return isAble && role?.name === 'primary' ? [{ standing, role }] : [];
}

/** Of the highest term, else the first of the file. */
function best(claims: readonly Claim[]): Claim | undefined {
  return claims.reduce<Claim | undefined>(
    (found, claim) => (found === undefined || hasHigherTerm(claim.role, found.role) ? claim : found),
    undefined,
  );
}

/**
 * Whether it takes the holder's place. A lower term is one that is over: its word does not unseat anybody.
 *
 * @param isRival the holder has said already that it is the primary itself: one silence says no more than any other
 */
function beats({ role }: Claim, { role: held }: Claim, isRival: boolean): boolean {
  if (hasHigherTerm(role, held)) return true;
  if (isRival || hasHigherTerm(held, role)) return false;
  return !held.confirmed && held.heard > role.since;
}

/** Terms that are not told of on both sides say nothing. */
function hasHigherTerm({ term }: RoleReport, { term: other }: RoleReport): boolean {
  return term !== null && other !== null && term > other;
}

/** The holder was asked after the other one had begun to claim, and has said that it is the primary itself. */
function isOpposed({ role }: Claim, { role: held }: Claim): boolean {
  return (held.confirmed && held.asked > role.since) || hasHigherTerm(held, role);
}

function setAside(
  standing: Standing,
  verdict: Verdict | undefined,
  holder: Claim | undefined,
  opposed: readonly Claim[],
): Standing {
  // It takes no more writes, and nobody else does: what is left on it may end.
  const quiesced = standing.quiesced && holder === undefined && verdict?.byRole !== true;
  if (standing.state !== 'well') return { ...standing, quiesced };
  if (standing.weight === 0 && holder === undefined) return standing;
  const reason = asideReason(
    verdict?.role,
    holder,
    opposed.some((claim) => claim.standing === standing),
  );
  const aside = { ...standing, state: 'set-aside', quiesced, reason } as const;
  return verdict?.role?.name === 'replica' ? { ...aside, otherRole: true } : aside;
}

function asideReason(role: RoleReport | undefined, holder: Claim | undefined, opposed: boolean): string {
  if (role === undefined) return 'has not said whether it is the primary';
  if (role.name !== 'primary') return 'is no primary';
  if (holder === undefined) return 'said that it is the primary, and gave no answer since';
  const { name } = holder.standing.server;
  if (!role.confirmed) return `was the primary, and gave no answer since ${name} says so of itself`;
  if (hasHigherTerm(holder.role, role))
    return `says that it is the primary of term ${role.term}, ${name} is of term ${holder.role.term}`;
  if (!opposed) return `says that it is the primary: ${name} is being asked`;
  return holder.role.confirmed
    ? `says that it is the primary, and so does ${name}, which was it before`
    : `says that it is the primary, and so did ${name}, which gave no answer since and has not failed yet`;
}

function conflictReason(holder: Claim | undefined, rivals: readonly Claim[]): string {
  if (holder === undefined || rivals.length === 0) return '';
  const names = rivals.map(({ standing }) => standing.server.name).join(', ');
  const say = rivals.length === 1 ? 'says that it is' : 'say that they are';
  return `${names} ${say} the primary, too: ${holder.standing.server.name} holds the service`;
}
