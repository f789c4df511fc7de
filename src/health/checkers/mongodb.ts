/**
 * A MongoDB server is well when it says of itself that it is what is wanted.
 *
 * The client watches servers by itself; here it lives for one probe. Its own first `hello` is the answer, which needs no
 * log-in and no second connection; only with a user name, or where somebody asks for the lag, it goes on to a command.
 */
import type { MongoClient, MongoClientOptions } from 'mongodb';
import { orAborted } from '../../base/abort.js';
import { formatEndpoint } from '../../base/ip.js';
import type { MongodbCheck } from '../../model/health-check.js';
import type { ProbeSockets, ProbeTarget } from '../net/sockets.js';
import type { Checker, ProbeResult } from '../types.js';
import { loadClient } from './client-library.js';
import { describe, failure, notProbed } from './failure.js';
import type { MongodbLibrary } from './mongodb-guard.js';
import { lagByHello, lagByStatus, standingOf, type MongoDocument } from './mongodb-standing.js';
import { MongodbWay } from './mongodb-way.js';
import { judgeRole, ruledOut } from './role-answer.js';
import { TlsUpgrade } from './secure.js';

/** The part of the check that a probe needs. */
export type MongodbSettings = Pick<
  MongodbCheck,
  'credentials' | 'authDatabase' | 'tls' | 'role' | 'maxLagMs' | 'replicaSet'
> & {
  /** Of the check: for no step the client waits longer. */
  readonly timeoutMs: number;
};

/** The client does not look again. */
const NEVER_MS = 3_600_000;
const UNAUTHORIZED = 13;

/** Asks by a client of its own, which is closed with all its connections when the probe has ended. */
export class MongodbChecker implements Checker {
  readonly #sockets: ProbeSockets;
  readonly #target: ProbeTarget;
  readonly #settings: MongodbSettings;
  readonly #upgrade: TlsUpgrade | null;
  readonly #subject: string;

  constructor(sockets: ProbeSockets, target: ProbeTarget, settings: MongodbSettings) {
    const { tls } = settings;
    this.#sockets = sockets;
    this.#target = target;
    this.#settings = settings;
    this.#upgrade = tls === null ? null : new TlsUpgrade(tls, tls.serverName, []);
    this.#subject = `mongodb ${formatEndpoint(target.address, target.port)}`;
  }

  async probe(signal: AbortSignal): Promise<ProbeResult> {
    try {
      const library = await loadClient('mongodb', () => import('mongodb'), signal);
      const way = await this.#openWay(library);
      return way instanceof MongodbWay ? await this.#over(way, library, signal) : way;
    } catch (thrown) {
      return failure(this.#subject, thrown);
    }
  }

  async #openWay(library: MongodbLibrary): Promise<MongodbWay | ProbeResult> {
    try {
      return await MongodbWay.open(this.#sockets, this.#target, this.#upgrade, library);
    } catch (thrown) {
      return notProbed(this.#subject, thrown);
    }
  }

  async #over(
    way: MongodbWay,
    { MongoClient: Client }: MongodbLibrary,
    signal: AbortSignal,
  ): Promise<ProbeResult> {
    let client: MongoClient | null = null;
    try {
      client = new Client(`mongodb://${encodeURIComponent(way.path)}/`, this.#options());
      return await orAborted(Promise.race([way.failed, this.#ask(client)]), signal);
    } finally {
      // First the connections: what the client then still waits for fails.
      await way.close();
      await client?.close().catch(() => undefined);
    }
  }

  async #ask(client: MongoClient): Promise<ProbeResult> {
    const { role, maxLagMs, replicaSet, credentials } = this.#settings;
    const hello = await firstHello(client);
    const standing = standingOf(hello, replicaSet);
    if ('unfit' in standing) return ruledOut(this.#subject, standing.unfit);
    const { seen } = standing;
    if (credentials.username !== null) await step('log-in', client.connect());
    const asksLag = seen.name === 'replica' && role !== 'primary' && maxLagMs !== null;
    const lagMs = asksLag ? await lagOf(client, hello) : null;
    return judgeRole(this.#subject, this.#settings, { seen, lagMs });
  }

  #options(): MongoClientOptions {
    const { credentials, authDatabase, timeoutMs } = this.#settings;
    const { username, password } = credentials;
    return {
      appName: 'lvsd',
      // Not the whole set: this one server.
      directConnection: true,
      serverMonitoringMode: 'poll',
      maxPoolSize: 1,
      retryReads: false,
      heartbeatFrequencyMS: NEVER_MS,
      connectTimeoutMS: timeoutMs,
      socketTimeoutMS: timeoutMs,
      serverSelectionTimeoutMS: timeoutMs,
      ...(username === null
        ? {}
        : { auth: { username, password: password ?? '' }, authSource: authDatabase }),
    };
  }
}

/** What the server answers the client's watch, which begins with the connection. @throws Error */
async function firstHello(client: MongoClient): Promise<MongoDocument> {
  const answered = new Promise<MongoDocument>((resolve, reject) => {
    client.once('serverHeartbeatSucceeded', ({ reply }) => resolve(reply));
    client.once('serverHeartbeatFailed', ({ failure: error }) => reject(error));
  });
  // It ends with the client, whatever it waits for; the answer comes by the event, and sooner.
  client.connect().catch(() => undefined);
  return await step('hello', answered);
}

/** @returns ms; null when the server cannot tell */
async function lagOf(client: MongoClient, hello: MongoDocument): Promise<number | null> {
  const command = client
    .db('admin')
    .command({ replSetGetStatus: 1 }, { readPreference: 'secondaryPreferred' });
  try {
    return lagByStatus(await command);
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === UNAUTHORIZED) return lagByHello(hello);
    throw inStep('replSetGetStatus', thrown);
  }
}

async function step<T>(name: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (thrown) {
    throw inStep(name, thrown);
  }
}

/** Where the client only passes on what a socket said, in the socket's words. */
function inStep(name: string, thrown: unknown): Error {
  const cause = rootOf(thrown);
  const isConnect = cause instanceof Error && 'syscall' in cause && cause.syscall === 'connect';
  return new Error(`${isConnect ? 'connect' : name}: ${describe(cause)}`, { cause: thrown });
}

function rootOf(thrown: unknown): unknown {
  return thrown instanceof Error && thrown.cause instanceof Error ? rootOf(thrown.cause) : thrown;
}
