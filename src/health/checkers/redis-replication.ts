/** What a Redis server says of its part in the replication (`INFO replication`). Pure. */
import type { ProbeResult } from '../types.js';
import { printable } from './failure.js';
import { judgeRole, type RoleWish } from './role-answer.js';

/**
 * The role, and of a replica how long ago it last heard of its primary. That is as near to a lag as one server can
 * tell: an idle primary lets its replicas hear of it every 10 s only, and how much they have still to read they do
 * not know.
 *
 * A replica that has lost its primary goes on with what it has, and is behind by the time since: when a primary dies
 * all its replicas lose it at once, and are as good as before. One that is taking a copy of the data has failed, and so
 * has one that never had one.
 *
 * @param text the answer to `INFO replication`
 * @throws Error when it does not tell the role
 */
export function judgeReplication(subject: string, wish: RoleWish, text: string): ProbeResult {
  const facts = parseInfo(text);
  const role = facts.get('role');
  if (role === 'master')
    return judgeRole(subject, wish, { seen: { name: 'primary', term: null }, lagMs: null });
  if (role !== 'slave')
    throw new Error(`INFO: role "${printable(role ?? 'none', 20)}", expected master or slave`);
  const seen = { name: 'replica', term: null } as const;
  const { lagMs, fault } = linkOf(facts);
  if (fault !== null && wish.role !== 'primary')
    return { ok: false, reason: `${subject}: ${fault}`, role: seen };
  return judgeRole(subject, wish, { seen, lagMs });
}

interface Link {
  readonly lagMs: number | null;
  readonly fault: string | null;
}

function linkOf(facts: ReadonlyMap<string, string>): Link {
  if (facts.get('master_link_status') === 'up')
    return { lagMs: secondsOf(facts, 'master_last_io_seconds_ago'), fault: null };
  const whom = `${facts.get('master_host') ?? ''}:${facts.get('master_port') ?? ''}`;
  const primary = `its primary ${printable(whom, 80)}`;
  if (facts.get('master_sync_in_progress') === '1')
    return { lagMs: null, fault: `replica, is taking a copy of the data of ${primary}` };
  const lagMs = secondsOf(facts, 'master_link_down_since_seconds');
  return { lagMs, fault: lagMs === null ? `replica, has not reached ${primary} yet` : null };
}

/** Milliseconds; null when it is not there or negative, which stands for never. */
function secondsOf(facts: ReadonlyMap<string, string>, key: string): number | null {
  const value = facts.get(key);
  return value !== undefined && /^\d{1,9}$/.test(value) ? Number(value) * 1000 : null;
}

function parseInfo(text: string): ReadonlyMap<string, string> {
  const facts = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon > 0 && !line.startsWith('#')) facts.set(line.slice(0, colon), line.slice(colon + 1));
  }
  return facts;
}
