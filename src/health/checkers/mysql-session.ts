/** A conversation with a MySQL or MariaDB server by mysql2, over a connection that is there. */
import type {
  createConnection as CreateConnection,
  Connection,
  ConnectionOptions,
  QueryError,
  RowDataPacket,
  SslOptions,
} from 'mysql2';
import type { Socket } from 'node:net';
import type { MysqlCheck, TlsSettings } from '../../model/health-check.js';
import type { ProbeTarget } from '../net/sockets.js';
import { describe, during, excerpt, printable } from './failure.js';
import { LentSocket } from './lent-socket.js';

/** Who a probe says it is, and how. */
export type MysqlAccount = Pick<MysqlCheck, 'credentials' | 'database' | 'tls'>;

/** What a server may send in all; the answers to a probe have a few kilobytes. */
const MAX_ANSWER_BYTES = 1024 * 1024;

const HEADER_BYTES = 4;
const PROTOCOL_10 = 0x0a;
const ERROR = 0xff;

/** A statement that the server refused. */
export class MysqlRefusal extends Error {
  /** The server's number for it: 1227. */
  readonly number: number;

  constructor(message: string, number: number, cause?: unknown) {
    super(message, { cause });
    this.number = number;
  }
}

/** Answers one statement after the other. Whoever lent the socket closes it. */
export class MysqlSession {
  readonly #connection: Connection;
  readonly #lent: () => LentSocket;

  private constructor(connection: Connection, lent: () => LentSocket) {
    this.#connection = connection;
    this.#lent = lent;
  }

  /**
   * Reads the greeting and logs in.
   *
   * @param createConnection of mysql2, loaded before the connection was made: a server may greet, or end, at once
   * @param socket connected; nothing was read from it
   * @throws Error that names the phase: greeting, TLS, log-in
   */
  static async begin(
    createConnection: typeof CreateConnection,
    socket: Socket,
    target: ProbeTarget,
    account: MysqlAccount,
  ): Promise<MysqlSession> {
    await during('greeting', greeted(socket));
    let lent = new LentSocket(socket, MAX_ANSWER_BYTES);
    // By this Node finds the name in the certificate of a server that is addressed by its address.
    Object.assign(socket, { _host: target.address });
    const connection = createConnection({ ...optionsOf(target, account), stream: () => socket });
    silence(connection);
    // Whoever waits for an answer hears of errors; one that comes when nobody waits changes nothing.
    connection.on('error', () => undefined);
    onSecured(connection, (stream) => (lent = new LentSocket(stream, MAX_ANSWER_BYTES)));
    socket.resume();
    // Of the socket, which ends with the stream over it.
    await loggedIn(connection, lent);
    return new MysqlSession(connection, () => lent);
  }

  /**
   * @param name of the statement, for people
   * @throws Error; its cause is a MysqlRefusal where the server refused
   */
  query(name: string, statement: string): Promise<readonly RowDataPacket[]> {
    const answer = new Promise<readonly RowDataPacket[]>((resolve, reject) => {
      this.#connection.query<RowDataPacket[]>(statement, (error, rows) => {
        if (error !== null) reject(inOurWords(error));
        else if (Array.isArray(rows)) resolve(rows);
        else reject(new Error('the answer has no rows'));
      });
    });
    return this.#lent().during(name, answer, isOfMysql);
  }

  /** Takes leave, so that the server does not log a connection that was cut. Never rejects. */
  leave(): Promise<void> {
    return new Promise((resolve) => {
      const stream = streamOf(this.#connection);
      stream.once('finish', resolve).once('close', resolve);
      this.#connection.end();
      stream.end();
    });
  }
}

/** After its greeting nobody doubts what it speaks. */
const isOfMysql = (): boolean => true;

function optionsOf({ address, port }: ProbeTarget, { credentials, database, tls }: MysqlAccount) {
  return {
    host: tls?.serverName ?? address,
    port,
    user: credentials.username ?? '',
    // The runner's clock decides.
    connectTimeout: 0,
    // A server could otherwise ask for files of the director.
    flags: ['-LOCAL_FILES'],
    ...(credentials.password === null ? {} : { password: credentials.password }),
    ...(database === null ? {} : { database }),
    ...(tls === null ? {} : { ssl: sslOptionsOf(tls) }),
  } satisfies ConnectionOptions;
}

/**
 * Waits for the server's first packet and leaves it to be read again.
 *
 * mysql2 would write of a strange server to the director's standard error, and has no words for one that refuses at
 * once: too many connections, host blocked.
 * @throws Error
 */
function greeted(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    let read = Buffer.alloc(0);
    const end = (error: Error | null): void => {
      socket.off('data', onData).off('end', onEnd).off('close', onEnd).off('error', end);
      socket.pause();
      if (error !== null) {
        reject(error);
        return;
      }
      socket.unshift(read);
      resolve();
    };
    const onEnd = (): void => end(new Error('connection closed'));
    const onData = (chunk: Buffer): void => {
      read = Buffer.concat([read, chunk]);
      const verdict = judgeGreeting(read);
      if (verdict !== 'more') end(verdict);
    };
    socket.on('data', onData).on('end', onEnd).on('close', onEnd).on('error', end);
    if (socket.readableEnded || socket.destroyed) onEnd();
  });
}

/**
 * Shape: length 3 B little-endian, sequence number 0, then protocol 10, or 0xff, error number 2 B and words.
 *
 * @see MySQL client/server protocol, Protocol::HandshakeV10 and ERR_Packet
 */
function judgeGreeting(read: Buffer): Error | null | 'more' {
  if (read.length <= HEADER_BYTES) return looksStrange(read) ? strange(read) : 'more';
  const first = read[HEADER_BYTES];
  if (looksStrange(read) || (first !== PROTOCOL_10 && first !== ERROR)) return strange(read);
  const end = HEADER_BYTES + read.readUIntLE(0, 3);
  if (read.length < end) return 'more';
  if (first === PROTOCOL_10) return null;
  const words = read
    .subarray(HEADER_BYTES + 3, end)
    .toString('utf8')
    .replace(/^#\w{5}/, '');
  return new MysqlRefusal(printable(words), end < HEADER_BYTES + 3 ? 0 : read.readUInt16LE(HEADER_BYTES + 1));
}

/** A greeting is short, and the first packet. */
function looksStrange(read: Buffer): boolean {
  return (read[2] ?? 0) !== 0 || (read[3] ?? 0) !== 0;
}

function strange(read: Buffer): Error {
  return new Error(`this is no greeting of MySQL, got ${excerpt(read)}`);
}

/** @throws Error */
async function loggedIn(connection: Connection, lent: LentSocket): Promise<void> {
  const done = new Promise<void>((resolve, reject) => {
    connection.connect((error) => {
      if (error === null) resolve();
      else reject(inOurWords(error));
    });
  });
  await lent.during('log-in', done, isOfMysql);
}

/** A refusal of mysql2 has a number and the server's text. */
function inOurWords(error: QueryError): Error {
  if (/^HANDSHAKE_(NO_)?SSL/.test(error.code)) return new Error(`TLS: ${describe(error)}`, { cause: error });
  if (error.code === 'PROTOCOL_CONNECTION_LOST') return new Error('connection closed', { cause: error });
  const { errno, sqlMessage } = error as { errno?: unknown; sqlMessage?: unknown };
  return typeof errno === 'number' && typeof sqlMessage === 'string'
    ? new MysqlRefusal(printable(sqlMessage), errno, error)
    : error;
}

/**
 * mysql2 writes to the director's standard error of packets out of order, and of numbers that it cannot read. What it says
 * while it reads goes nowhere; it reads in one go, so that nobody else's words are lost.
 */
function silence(connection: Connection): void {
  const quiet = (stream: Socket): Socket => {
    const emit = stream.emit.bind(stream) as (event: string | symbol, ...rest: unknown[]) => boolean;
    stream.emit = ((event: string | symbol, ...rest: unknown[]) =>
      event === 'data' ? silently(() => emit(event, ...rest)) : emit(event, ...rest)) as Socket['emit'];
    return stream;
  };
  // With TLS the connection changes its stream in the middle of the log-in, and reads on at once.
  let stream = quiet(streamOf(connection));
  Object.defineProperty(connection, 'stream', {
    configurable: true,
    enumerable: true,
    get: () => stream,
    set: (next: Socket) => (stream = quiet(next)),
  });
}

const unheard = (): void => undefined;

function silently<T>(read: () => T): T {
  const { error, trace, warn } = console;
  Object.assign(console, { error: unheard, trace: unheard, warn: unheard });
  try {
    return read();
  } finally {
    Object.assign(console, { error, trace, warn });
  }
}

/** With TLS another one than the socket. */
function streamOf(connection: Connection): Socket {
  return (connection as unknown as { readonly stream: Socket }).stream;
}

/**
 * Called with the stream in TLS before anything is read from it.
 *
 * mysql2 makes it in this method, and reads of it at once.
 */
function onSecured(connection: Connection, use: (stream: Socket) => void): void {
  const securing = connection as unknown as { startTLS: (onSecure: (error?: Error) => void) => void };
  const startTls = securing.startTLS.bind(connection);
  securing.startTLS = (onSecure) => {
    startTls(onSecure);
    use(streamOf(connection));
  };
}

const sslOptions = new WeakMap<TlsSettings, SslOptions>();

/** The same object for all servers of a check: mysql2 keeps what it makes of it by the object. */
function sslOptionsOf(settings: TlsSettings): SslOptions {
  const known = sslOptions.get(settings);
  if (known !== undefined) return known;
  const { verify, authorities, client } = settings;
  const options: SslOptions = {
    rejectUnauthorized: verify,
    verifyIdentity: verify,
    ...(authorities === null ? {} : { ca: authorities }),
    ...(client === null ? {} : { cert: client.certificate, key: client.privateKey }),
  };
  sslOptions.set(settings, options);
  return options;
}
