/**
 * A PostgreSQL server is well when it lets the probe in, answers a query, and has the role that is asked for.
 *
 * Every probe has a connection of its own: what is asked is whether a client that comes now is served.
 */
import type { Socket } from 'node:net';
import type * as pg from 'pg';
import { formatEndpoint } from '../../base/ip.js';
import type { PostgresqlCheck } from '../../model/health-check.js';
import type { ProbeSockets, ProbeTarget } from '../net/sockets.js';
import type { Checker, ProbeResult } from '../types.js';
import { loadClient } from './client-library.js';
import { overConnection, type ProbeConnection } from './connection.js';
import { during, failure } from './failure.js';
import { LentSocket } from './lent-socket.js';
import { decodeStanding, STANDING_QUERY } from './postgresql-standing.js';
import { requestTls } from './postgresql-tls.js';
import { judgeRole } from './role-answer.js';
import { TlsUpgrade } from './secure.js';

type Library = Pick<typeof pg, 'Client'>;

export type PostgresqlSettings = Pick<
  PostgresqlCheck,
  'credentials' | 'database' | 'tls' | 'role' | 'maxLagMs'
>;

/** Of all answers of a probe: parameters of the server, notices, one row. */
const MAX_ANSWER_BYTES = 64 * 1024;

/** Leaves in order: a server logs a connection that is just cut. */
export class PostgresqlChecker implements Checker {
  readonly #connection: ProbeConnection;
  readonly #settings: PostgresqlSettings;
  readonly #subject: string;

  constructor(sockets: ProbeSockets, target: ProbeTarget, settings: PostgresqlSettings) {
    const { tls } = settings;
    // The name of the protocol is asked for by servers that are spoken to in TLS from the first byte, and harmless else.
    const upgrade = tls === null ? null : new TlsUpgrade(tls, tls.serverName, ['postgresql']);
    this.#connection = { sockets, target, upgrade };
    this.#settings = settings;
    this.#subject = `postgresql ${formatEndpoint(target.address, target.port)}`;
  }

  async probe(signal: AbortSignal): Promise<ProbeResult> {
    try {
      const { default: library } = await loadClient('pg', () => import('pg'), signal);
      const talk = (socket: Socket) => this.#talk(library, socket);
      return await overConnection(this.#connection, signal, talk, (socket) =>
        during('TLS', requestTls(socket)),
      );
    } catch (thrown) {
      return failure(this.#subject, thrown);
    }
  }

  async #talk(library: Library, socket: Socket): Promise<ProbeResult> {
    const lent = new LentSocket(socket, MAX_ANSWER_BYTES);
    const client = this.#clientOver(library, socket);
    await lent.during('login', named(client.connect()), isRefusal);
    const { rows } = await lent.during('query', named(client.query<object>(STANDING_QUERY)), isRefusal);
    const standing = decodeStanding(rows[0]);
    // Whether the server hears it any more changes nothing.
    await lent.during('end', client.end(), isRefusal).catch(() => undefined);
    const { role, maxLagMs } = this.#settings;
    return judgeRole(this.#subject, { role, maxLagMs }, standing);
  }

  #clientOver({ Client }: Library, socket: Socket): pg.Client {
    const { credentials, database } = this.#settings;
    const { address, port } = this.#connection.target;
    const client = new Client({
      host: address,
      port,
      database,
      user: credentials.username,
      // A function, for else the client would look for one in the environment and in the home folder.
      password: () => passwordOf(credentials.password),
      ssl: false,
      // Else of the environment, and `direct` is refused by the client where TLS is not its own.
      sslnegotiation: 'postgres',
      application_name: 'lvsd',
      stream: () => alreadyConnected(socket),
    });
    forgetEnvironment(client);
    // Told by what is awaited, too.
    client.on('error', () => undefined);
    return client;
  }
}

/**
 * What the client is not told it takes from the director's environment: PGOPTIONS and PGREPLICATION, which would make it another
 * session than the one that the check asks for.
 */
function forgetEnvironment(client: pg.Client): void {
  const { connectionParameters } = client as unknown as { readonly connectionParameters: object };
  Object.assign(connectionParameters, { options: undefined, replication: undefined });
}

function passwordOf(password: string | null): string {
  if (password === null) throw new Refusal('the server asks for a password, and the check has none');
  return password;
}

/** The client wants to connect by itself. */
function alreadyConnected(socket: Socket): Socket {
  const connect = (): Socket => {
    queueMicrotask(() => socket.emit('connect'));
    return socket;
  };
  return Object.assign(socket, { connect });
}

/** What needs no bytes to explain it: an error in the server's own words, with its code (SQLSTATE). */
class Refusal extends Error {}

function isRefusal(thrown: unknown): boolean {
  return thrown instanceof Refusal;
}

/** @throws Refusal: `57P03 the database system is starting up` */
async function named<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (thrown) {
    if (!(thrown instanceof Error) || !('severity' in thrown) || !('code' in thrown)) throw thrown;
    throw new Refusal(`${String(thrown.code)} ${thrown.message}`, { cause: thrown });
  }
}
