/** What a PostgreSQL server says of its part in the replication: the question, and what its answer means. Pure. */
import type { RoleAnswer } from './role-answer.js';

/**
 * Asked in one statement, by functions that everybody may call, of version 10 and later.
 *
 * A standby that has replayed all that it received is not behind, as long as it receives: with an idle primary its last
 * transaction may be hours old. Else it is behind by the age of the last transaction that it replayed, which is the
 * most that it can be. No transaction at all: it cannot tell.
 * The timeline is the first part of a log file's name; each promotion begins a new one.
 */
export const STANDING_QUERY = `
  SELECT CASE WHEN pg_is_in_recovery() THEN 'replica' ELSE 'primary' END AS role,
    CASE
      WHEN NOT pg_is_in_recovery() THEN NULL
      WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn()
        AND EXISTS (SELECT FROM pg_stat_wal_receiver) THEN 0
      ELSE GREATEST(0, EXTRACT(EPOCH FROM clock_timestamp() - pg_last_xact_replay_timestamp()))
    END::float8 AS lag_seconds,
    CASE WHEN NOT pg_is_in_recovery() THEN substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) END AS timeline`;

/** @throws Error when it is not the answer to that question: something else is between */
export function decodeStanding(row: object | undefined): RoleAnswer {
  const { role, lag_seconds: lag, timeline } = (row ?? {}) as Readonly<Record<string, unknown>>;
  if (role === 'primary' && typeof timeline === 'string' && /^[0-9A-F]{8}$/.test(timeline))
    return { seen: { name: role, term: Number.parseInt(timeline, 16) }, lagMs: null };
  if (role === 'replica' && (lag === null || (typeof lag === 'number' && lag >= 0)))
    return { seen: { name: role, term: null }, lagMs: lag === null ? null : Math.round(lag * 1000) };
  throw new Error('query: the answer is that to another question');
}
