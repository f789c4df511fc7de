/**
 * A Redis server is well when it answers PING, and has the role that is asked for.
 *
 * Every probe has a connection and a client of its own, which neither retries nor queues: what is asked is whether a
 * client that comes now is served.
 */
import type { Socket } from 'node:net';
import type * as ioredis from 'ioredis';
import { formatEndpoint } from '../../base/ip.js';
import type { RedisCheck } from '../../model/health-check.js';
import type { ProbeSockets, ProbeTarget } from '../net/sockets.js';
import type { Checker, ProbeResult } from '../types.js';
import { loadClient } from './client-library.js';
import { overConnection, type ProbeConnection } from './connection.js';
import { failure } from './failure.js';
import { LentSocket } from './lent-socket.js';
import { RedisReplies } from './redis-replies.js';
import { judgeReplication } from './redis-replication.js';
import { TlsUpgrade } from './secure.js';

type Library = Pick<typeof ioredis, 'Redis' | 'AbstractConnector'>;
type Connection = ioredis.Redis;

export type RedisSettings = Pick<RedisCheck, 'credentials' | 'tls' | 'role' | 'maxLagMs'>;

/** Of all answers of a probe; INFO has a line a replica. */
const MAX_ANSWER_BYTES = 256 * 1024;

/** Asks for the role only where it is of interest: INFO may be forbidden where PING is not. */
export class RedisChecker implements Checker {
  readonly #connection: ProbeConnection;
  readonly #settings: RedisSettings;
  readonly #subject: string;

  constructor(sockets: ProbeSockets, target: ProbeTarget, settings: RedisSettings) {
    const { tls } = settings;
    const upgrade = tls === null ? null : new TlsUpgrade(tls, tls.serverName, []);
    this.#connection = { sockets, target, upgrade };
    this.#settings = settings;
    this.#subject = `redis ${formatEndpoint(target.address, target.port)}`;
  }

  async probe(signal: AbortSignal): Promise<ProbeResult> {
    try {
      const library = await loadClient('ioredis', () => import('ioredis'), signal);
      return await overConnection(this.#connection, signal, (socket) => this.#talk(library, socket));
    } catch (thrown) {
      return failure(this.#subject, thrown, this.#settings.credentials.password);
    }
  }

  async #talk(library: Library, socket: Socket): Promise<ProbeResult> {
    const replies = new RedisReplies();
    const lent = new LentSocket(socket, MAX_ANSWER_BYTES, (chunk) => replies.faultOf(chunk));
    const redis = clientOver(library, socket);
    const ask = (...[command, ...words]: [string, ...string[]]): Promise<unknown> =>
      lent.during(command, redis.call(command, ...words), isReply);
    try {
      await lent.during('connect', redis.connect(), isReply);
      await this.#authenticate(ask);
      return await this.#look(ask);
    } finally {
      redis.disconnect();
    }
  }

  async #authenticate(ask: Ask): Promise<void> {
    const { username, password } = this.#settings.credentials;
    if (username === null && password === null) return;
    try {
      await ask('AUTH', ...(username === null ? [] : [username]), password ?? '');
    } catch (thrown) {
      const reason = thrown instanceof Error ? thrown.message : '';
      // A server that wants no password is open to everybody, to this probe as well.
      if (/without any password configured|no password is set/.test(reason)) return;
      // A server that does not know the command repeats its words.
      if (reason.startsWith('AUTH: ERR unknown command'))
        throw new Error('AUTH: the server does not know this command', { cause: thrown });
      throw thrown;
    }
  }

  async #look(ask: Ask): Promise<ProbeResult> {
    const { role, maxLagMs } = this.#settings;
    const asksRole = role !== 'any' || maxLagMs !== null;
    // Before PING, which a replica that serves no stale data refuses: its role counts all the same.
    const told = asksRole
      ? judgeReplication(this.#subject, { role, maxLagMs }, String(await ask('INFO', 'replication')))
      : null;
    if (told !== null && told.ok !== true) return told;
    // Refused while the data is being loaded, or cannot be saved.
    const answer = await ask('PING');
    if (answer !== 'PONG') throw new Error(`PING: got "${String(answer)}"`);
    return told ?? { ok: true, detail: 'PONG' };
  }
}

type Ask = (command: string, ...words: string[]) => Promise<unknown>;

function isReply(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.name === 'ReplyError';
}

/** Nothing of the client's own: no handshake, no second try, no timer, no queue. */
function clientOver(library: Library, socket: Socket): Connection {
  class Connector extends library.AbstractConnector {
    constructor() {
      super(0);
    }

    override connect(): Promise<Socket> {
      return Promise.resolve(socket);
    }

    override disconnect(): void {
      socket.destroy();
    }
  }
  const client = new library.Redis({
    Connector,
    lazyConnect: true,
    protocol: 2,
    retryStrategy: null,
    enableReadyCheck: false,
    enableOfflineQueue: false,
    disableClientInfo: true,
    autoResendUnfulfilledCommands: false,
  });
  // Told by the commands, too.
  client.on('error', () => undefined);
  return client;
}
