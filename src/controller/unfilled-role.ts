/** Why nobody serves a service that is for one role of its servers: what each of them says that it is. Pure. */
import type { ServerKey } from '../model/keys.js';
import type { Role } from '../model/role.js';
import type { Verdict } from '../model/status.js';
import type { Standing } from './judge-server.js';

const MOST_NAMED = 5;

/**
 * One sentence for people; those that say what is wanted come first, with what keeps them out. Never throws.
 *
 * @param standings of all servers as they are by themselves, whoever else is the primary
 */
export function unfilledReason(
  wanted: Role,
  standings: readonly Standing[],
  verdicts: ReadonlyMap<ServerKey, Verdict> | undefined,
): string {
  const roleOf = ({ server }: Standing) => verdicts?.get(server.key)?.role;
  const right = standings.filter((standing) => roleOf(standing)?.name === wanted);
  if (right.length > 0) {
    const named = right.map((standing) => {
      const confirmed = roleOf(standing)?.confirmed === true;
      const says = `${standing.server.name} ${confirmed ? 'says' : 'said last'} that it is ${articled(wanted)}`;
      return `${says}${outReason(standing, confirmed)}`;
    });
    return `${listed(named, '; ')}: nobody serves`;
  }
  const said = standings.map((standing) => `${standing.server.name}: ${roleOf(standing)?.name ?? 'nothing'}`);
  return `no server says that it is ${articled(wanted)} (${listed(said, ', ')}): nobody serves`;
}

function articled(role: Role): string {
  return role === 'primary' ? 'the primary' : 'a replica';
}

function outReason({ state, weight, reason }: Standing, confirmed: boolean): string {
  if (state !== 'well') return `, but is out (${reason})`;
  if (weight === 0) return ', but has weight 0';
  return confirmed ? '' : ', and gave no answer since';
}

function listed(items: readonly string[], between: string): string {
  const more = items.length > MOST_NAMED ? `${between}and ${items.length - MOST_NAMED} more` : '';
  return `${items.slice(0, MOST_NAMED).join(between)}${more}`;
}
