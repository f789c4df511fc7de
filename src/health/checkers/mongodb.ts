/**
 * A MongoDB server is well when it says of itself that it is what is wanted.
 *
 * The client watches servers by itself; here it lives for one probe. Its own first `hello` is the answer, which needs no
 * log-in and no second connection; only with a user name, or where somebody asks for the lag, it goes on to a command.
 */
import type { MongoClient, MongoClientOptions } from 'mongodb';
import { formatEndpoint } from '../../base/ip.js';
import type { MongodbCheck } from '../../model/health-check.js';
import type { ProbeTarget } from '../net/sockets.js';
import type { Checker, ProbeResult } from '../types.js';
import { loadClient } from './client-library.js';
import { describe, failure } from './failure.js';
import { lagByHello, lagByStatus, standingOf, type MongoDocument } from './mongodb-standing.js';
import { judgeRole, ruledOut } from './role-answer.js';
import { secureContextOf, sniName } from './secure.js';

/** The part of the check that a probe needs. */
export type MongodbSettings = Pick<
  MongodbCheck,
  'credentials' | 'authDatabase' | 'tls' | 'role' | 'maxLagMs' | 'replicaSet' | 'source'
> & {
  /** Of the check: what the client does not end when it is closed, ends then. */
  readonly timeoutMs: number;
};

/** No time of the client's own may be over before the runner's is. */
const NEVER_MS = 3_600_000;
const UNAUTHORIZED = 13;

/** Asks by a client of its own, which is closed with all its connections when the probe has ended. */
export class MongodbChecker implements Checker {
  readonly #target: ProbeTarget;
  readonly #settings: MongodbSettings;
  readonly #subject: string;

  constructor(target: ProbeTarget, settings: MongodbSettings) {
    this.#target = target;
    this.#settings = settings;
    this.#subject = `mongodb ${formatEndpoint(target.address, target.port)}`;
  }

  async probe(signal: AbortSignal): Promise<ProbeResult> {
    let client: MongoClient | null = null;
    try {
      const { MongoClient: Client } = await loadClient('mongodb', () => import('mongodb'), signal);
      client = new Client(
        `mongodb://${formatEndpoint(this.#target.address, this.#target.port)}/`,
        this.#options(),
      );
      return await Promise.race([this.#ask(client), whenAborted(signal)]);
    } catch (thrown) {
      return failure(this.#subject, thrown);
    } finally {
      await client?.close();
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
    const { credentials, authDatabase, tls, source, timeoutMs } = this.#settings;
    const localAddress = source?.address ?? null;
    const { username, password } = credentials;
    return {
      appName: 'lvsd',
      // Not the whole set: this one server.
      directConnection: true,
      serverMonitoringMode: 'poll',
      maxPoolSize: 1,
      retryReads: false,
      heartbeatFrequencyMS: NEVER_MS,
      serverSelectionTimeoutMS: NEVER_MS,
      // A greeting that nobody answers outlives the client's end by as much as is left of this.
      connectTimeoutMS: timeoutMs,
      ...(username === null
        ? {}
        : { auth: { username, password: password ?? '' }, authSource: authDatabase }),
      ...(localAddress === null ? {} : { localAddress }),
      ...(tls === null ? {} : tlsOptions(tls)),
    };
  }
}

function tlsOptions(tls: NonNullable<MongodbCheck['tls']>): MongoClientOptions {
  const name = sniName(tls.serverName);
  return {
    tls: true,
    secureContext: secureContextOf(tls),
    rejectUnauthorized: tls.verify,
    ...(name === null ? {} : { servername: name }),
  };
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

function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const abort = (): void =>
      reject(signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason)));
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}
