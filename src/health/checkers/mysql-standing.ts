/** What a MySQL or MariaDB server's own variables say of its part and of its replication. Pure. */
import type { SeenRole } from '../../model/role.js';

/** Rows of SHOW ... VARIABLES and SHOW ... STATUS, by name. */
export type MysqlValues = ReadonlyMap<string, string>;

export const ROLE_VARIABLES = ['version', 'read_only', 'super_read_only', 'innodb_read_only', 'wsrep_on'];

export const GALERA_STATUS = [
  'wsrep_ready',
  'wsrep_cluster_status',
  'wsrep_local_state',
  'wsrep_local_state_comment',
];

/** @param rows with the columns Variable_name and Value */
export function valuesOf(rows: readonly Readonly<Record<string, unknown>>[]): MysqlValues {
  return new Map(rows.map((row) => [text(row['Variable_name']).toLowerCase(), text(row['Value'])]));
}

/** Whom one may write to is the primary. Reigns have no number. */
export function roleOf(variables: MysqlValues): SeenRole {
  const readOnly = ['read_only', 'super_read_only', 'innodb_read_only'].some((name) =>
    isOn(variables.get(name)),
  );
  return { name: readOnly ? 'replica' : 'primary', term: null };
}

/** True for MariaDB, whose statements and rights have other names. */
export function isMariaDb(variables: MysqlValues): boolean {
  return /mariadb/i.test(variables.get('version') ?? '');
}

export function isGalera(variables: MysqlValues): boolean {
  return isOn(variables.get('wsrep_on'));
}

/** Newer servers have more words for it than ON. */
function isOn(value: string | undefined): boolean {
  return value !== undefined && !/^(|0|OFF|NO)$/i.test(value);
}

const SYNCED = '4';
const DONOR = '2';

/** Why a member of a Galera cluster cannot serve; null when it can. @param donor whether one that feeds a new member may */
export function galeraFault(status: MysqlValues, donor: boolean): string | null {
  const cluster = status.get('wsrep_cluster_status') ?? 'unknown';
  if (cluster !== 'Primary') return `wsrep_cluster_status is ${cluster}: cut off from the others`;
  const state = status.get('wsrep_local_state') ?? 'unknown';
  const words = `${status.get('wsrep_local_state_comment') ?? 'unknown'} (wsrep_local_state ${state})`;
  if (state === DONOR && !donor) return `is ${words}: it feeds another member`;
  if (state !== SYNCED && state !== DONOR) return `is ${words}, wanted Synced`;
  return isOn(status.get('wsrep_ready')) ? null : 'wsrep_ready is OFF';
}

/** How a replica follows. */
export interface Replication {
  /** Somebody or an error has stopped it: it will not catch up by itself. */
  readonly stopped: string | null;
  /** Null = it cannot tell, since it follows nobody or its source does not answer. */
  readonly lagMs: number | null;
}

/** MySQL's group replication has channels that follow nobody. */
const OWN_CHANNELS = 'group_replication_';

/**
 * The worst of all sources counts.
 *
 * A source that does not answer stops nothing: when a primary dies, all its replicas lose their source at once, and are
 * as good as before.
 * @param rows of SHOW REPLICA STATUS, SHOW SLAVE STATUS or SHOW ALL SLAVES STATUS
 */
export function replicationOf(rows: readonly Readonly<Record<string, unknown>>[]): Replication {
  let lagMs: number | null = null;
  const sources = rows.filter((row) => !text(row['Channel_Name']).startsWith(OWN_CHANNELS));
  let unknown = sources.length === 0;
  for (const row of sources) {
    const stopped = stoppedBy(row);
    if (stopped !== null) return { stopped, lagMs: null };
    const behind = either(row, 'Seconds_Behind_Source', 'Seconds_Behind_Master');
    if (behind === null || behind === undefined) unknown = true;
    else lagMs = Math.max(lagMs ?? 0, Number(behind) * 1000);
  }
  return { stopped: null, lagMs: unknown ? null : lagMs };
}

/** The words of an error of the SQL thread may hold data of the tables; its number does not. */
function stoppedBy(row: Readonly<Record<string, unknown>>): string | null {
  if (text(either(row, 'Replica_SQL_Running', 'Slave_SQL_Running')) === 'No') {
    const number = text(row['Last_SQL_Errno']);
    return `replication stopped: SQL thread${number === '0' || number === '' ? '' : `: error ${number}`}`;
  }
  if (text(either(row, 'Replica_IO_Running', 'Slave_IO_Running')) !== 'No') return null;
  const words = text(row['Last_IO_Error']);
  return `replication stopped: IO thread${words === '' ? '' : `: ${words}`}`;
}

function either(row: Readonly<Record<string, unknown>>, name: string, oldName: string): unknown {
  return name in row ? row[name] : row[oldName];
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint'
    ? String(value)
    : '';
}
