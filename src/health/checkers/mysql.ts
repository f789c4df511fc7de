/** A MySQL or MariaDB server is well when it lets the probe in and says that it is what is wanted. */
import { formatEndpoint } from '../../base/ip.js';
import type { MysqlCheck } from '../../model/health-check.js';
import type { ProbeSockets, ProbeTarget } from '../net/sockets.js';
import type { Checker, ProbeResult } from '../types.js';
import { loadClient } from './client-library.js';
import { overConnection, type ProbeConnection } from './connection.js';
import { failure, printable } from './failure.js';
import { MysqlRefusal, MysqlSession } from './mysql-session.js';
import {
  GALERA_STATUS,
  ROLE_VARIABLES,
  galeraFault,
  isGalera,
  isMariaDb,
  replicationOf,
  roleOf,
  valuesOf,
  type MysqlValues,
  type Replication,
} from './mysql-standing.js';
import { judgeRole, ruledOut } from './role-answer.js';

/** The part of the check that a probe needs. */
export type MysqlSettings = Pick<
  MysqlCheck,
  'credentials' | 'database' | 'tls' | 'role' | 'maxLagMs' | 'donor'
>;

/** The server does not know the statement: one of another age. */
const SYNTAX_ERROR = 1064;
const RIGHT_MISSING = 1227;

/** Logs in, asks with SHOW, and takes leave. One connection a probe, nothing is written. */
export class MysqlChecker implements Checker {
  readonly #connection: ProbeConnection;
  readonly #settings: MysqlSettings;
  readonly #subject: string;

  constructor(sockets: ProbeSockets, target: ProbeTarget, settings: MysqlSettings) {
    // The client makes TLS of it by itself.
    this.#connection = { sockets, target, upgrade: null };
    this.#settings = settings;
    this.#subject = `mysql ${formatEndpoint(target.address, target.port)}`;
  }

  async probe(signal: AbortSignal): Promise<ProbeResult> {
    try {
      const { createConnection } = await loadClient('mysql2', () => import('mysql2'), signal);
      return await overConnection(this.#connection, signal, async (socket) => {
        const { target } = this.#connection;
        const session = await MysqlSession.begin(createConnection, socket, target, this.#settings);
        const result = await this.#judge(session);
        await session.leave();
        return result;
      });
    } catch (thrown) {
      return failure(this.#subject, thrown);
    }
  }

  async #judge(session: MysqlSession): Promise<ProbeResult> {
    const { role, maxLagMs, donor } = this.#settings;
    const variables = await show(session, 'VARIABLES', ROLE_VARIABLES);
    const seen = roleOf(variables);
    if (isGalera(variables)) {
      const fault = galeraFault(await show(session, 'STATUS', GALERA_STATUS), donor === 'up');
      if (fault !== null) return ruledOut(this.#subject, fault);
    }
    const asksReplication =
      seen.name === 'replica' && (role === 'replica' || (role === 'any' && maxLagMs !== null));
    if (!asksReplication) return judgeRole(this.#subject, this.#settings, { seen, lagMs: null });
    const { stopped, lagMs } = await replication(session, isMariaDb(variables));
    if (stopped !== null)
      return { ok: false, reason: `${this.#subject}: replica, ${printable(stopped)}`, role: seen };
    return judgeRole(this.#subject, this.#settings, { seen, lagMs });
  }
}

async function show(
  session: MysqlSession,
  what: 'VARIABLES' | 'STATUS',
  names: readonly string[],
): Promise<MysqlValues> {
  const list = names.map((name) => `'${name}'`).join(', ');
  const statement = `SHOW GLOBAL ${what} WHERE Variable_name IN (${list})`;
  return valuesOf(await session.query(`SHOW GLOBAL ${what}`, statement));
}

/** @throws Error that names the right that is missing */
async function replication(session: MysqlSession, mariaDb: boolean): Promise<Replication> {
  // Of several sources MariaDB's plain statement shows one alone.
  const [statement, older] = mariaDb
    ? ['SHOW ALL SLAVES STATUS']
    : ['SHOW REPLICA STATUS', 'SHOW SLAVE STATUS'];
  try {
    return replicationOf(await session.query(statement, statement));
  } catch (thrown) {
    const number = numberOf(thrown);
    if (number === SYNTAX_ERROR && older !== undefined)
      return replicationOf(await session.query(older, older));
    if (number !== RIGHT_MISSING) throw thrown;
    const right = mariaDb ? 'SLAVE MONITOR' : 'REPLICATION CLIENT';
    throw new Error(`${statement}: access denied, needs GRANT ${right} ON *.*`, { cause: thrown });
  }
}

function numberOf(thrown: unknown): number | null {
  const cause = thrown instanceof Error ? thrown.cause : null;
  return cause instanceof MysqlRefusal ? cause.number : null;
}
