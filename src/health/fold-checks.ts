/** Several checks of one server, each with its own opinion, folded into one verdict. Pure. */
import type { CountedState, VerdictState } from '../model/status.js';
import { answersAs, type Count } from './rise-fall.js';

/** What one check says. */
export interface Opinion {
  /** Tells it from the other checks of the server: "http", "check 2 (tcp)". */
  readonly label: string;
  readonly count: Count;
}

/** What they say together. */
export interface Fold {
  readonly state: VerdictState;
  readonly countsAs: CountedState;
  readonly reason: string;
  /** It counts as down only for the role that it says it has. */
  readonly byRole?: true;
}

const MOST_NAMED = 3;

/**
 * The server counts as up when at least `required` checks count it as up. It is known when those that know decide it
 * alone, whatever the others come to. It is down for its role alone when it would count as up if every answer that rules
 * it out by its role were taken for a good one.
 *
 * @param opinions one at least
 * @param required 1..number of opinions
 */
export function foldChecks(opinions: readonly Opinion[], required: number): Fold {
  const [only] = opinions;
  if (only !== undefined && opinions.length === 1) return foldOne(only);
  const good = opinions.filter(({ count }) => count.countsAs === 'up');
  const knownGood = good.filter(({ count }) => count.known).length;
  const knownBad = opinions.filter(({ count }) => count.known && count.countsAs === 'down').length;
  const countsAs = good.length >= required ? 'up' : 'down';
  const decided = countsAs === 'up' ? knownGood >= required : knownBad > opinions.length - required;
  const answering = opinions.filter(({ count }) => answersAs(count) === 'up' && count.unfit !== true).length;
  return {
    state: decided ? countsAs : 'unknown',
    countsAs,
    reason: foldReason(opinions, good.length, required),
    ...(countsAs === 'down' && answering >= required ? { byRole: true } : {}),
  };
}

/** The verdict of nearly all servers, after each probe of each: the same by less work, in the check's own words. */
function foldOne({ count }: Opinion): Fold {
  const { countsAs, known, reason } = count;
  const state = known ? countsAs : 'unknown';
  const byRole = countsAs === 'down' && answersAs(count) === 'up' && count.unfit !== true;
  return byRole ? { state, countsAs, reason, byRole } : { state, countsAs, reason };
}

/** How many are good, and what the others say, failed ones first. */
function foldReason(opinions: readonly Opinion[], good: number, required: number): string {
  const failed = opinions.filter(({ count }) => count.countsAs === 'down');
  const wavering = opinions.filter(({ count }) => count.countsAs === 'up' && !isCalm(count));
  const total = `${good} of ${opinions.length} checks good${required < opinions.length ? `, ${required} needed` : ''}`;
  const noted = [...failed, ...wavering];
  if (noted.length === 0) return total;
  const named = noted.slice(0, MOST_NAMED).map(({ label, count }) => `${label}: ${count.reason}`);
  const more = noted.length > MOST_NAMED ? `; and ${noted.length - MOST_NAMED} more` : '';
  return `${total}; ${named.join('; ')}${more}`;
}

function isCalm({ known, contrary }: Count): boolean {
  return known && contrary === 0;
}
