/**
 * One HTTP request and its answer.
 *
 * Every probe has a connection of its own: a kept one would go on answering from a process that accepts no more.
 */
import { request, type IncomingMessage, type RequestOptions } from 'node:http';
import type { Socket } from 'node:net';
import { formatEndpoint } from '../../base/ip.js';
import type { ProbeSockets, ProbeTarget } from '../net/sockets.js';
import { overConnection } from './connection.js';
import { inPhase } from './failure.js';
import type { TlsUpgrade } from './secure.js';

/** What is asked, and how. */
export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'OPTIONS' | 'POST';
  /** With its query. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** null = without TLS. */
  readonly upgrade: TlsUpgrade | null;
  /** Whether the body of an answer with this status is read. */
  readonly readsBody: (status: number) => boolean;
}

/** What a server answered. */
export interface HttpAnswer {
  readonly status: number;
  /** The beginning, where somebody looks at it; `whole` unless it went on. */
  readonly body: Buffer;
  readonly whole: boolean;
}

/** As much of a body is read and looked at; then the connection is closed, which is no failure by itself. */
export const MAX_BODY_BYTES = 64 * 1024;

/** Enough for any sane answer; more is a server that floods. */
const MAX_HEADER_BYTES = 16 * 1024;

/** Informational answers (1xx) before the real one; a server may otherwise send them for ever. */
const MAX_INTERIM_ANSWERS = 10;

/** Asks one server one thing. */
export class HttpExchange {
  readonly #sockets: ProbeSockets;
  readonly #target: ProbeTarget;
  readonly #asked: HttpRequest;
  readonly #options: RequestOptions;

  constructor(sockets: ProbeSockets, target: ProbeTarget, asked: HttpRequest) {
    const { upgrade, method, path, headers } = asked;
    this.#sockets = sockets;
    this.#target = target;
    this.#asked = asked;
    const { host } = new URL(
      `${upgrade === null ? 'http' : 'https'}://${formatEndpoint(target.address, target.port)}`,
    );
    this.#options = {
      method,
      path,
      headers: { host, connection: 'close', ...headers },
      maxHeaderSize: MAX_HEADER_BYTES,
    };
  }

  /**
   * Bounded by the abort signal and by the limits above.
   *
   * @throws Error that names the phase: connect, TLS, response, body
   */
  async ask(signal: AbortSignal): Promise<HttpAnswer> {
    const { upgrade } = this.#asked;
    const connection = { sockets: this.#sockets, target: this.#target, upgrade };
    return await overConnection(connection, signal, (socket) => this.#over(socket));
  }

  /** The connection is its owner's to close. */
  #over(socket: Socket): Promise<HttpAnswer> {
    const { readsBody } = this.#asked;
    return new Promise((resolve, reject) => {
      let phase = 'response';
      const fail = (thrown: unknown): void => reject(inPhase(phase, inWords(thrown)));
      request({ ...this.#options, createConnection: () => socket })
        .on('information', interimGuard(socket))
        .on('upgrade', () => fail(new Error('bad upgrade')))
        .on('response', (message) => {
          const status = message.statusCode ?? 0;
          phase = 'body';
          message.on('error', fail);
          if (readsBody(status)) read(message, (body, whole) => resolve({ status, body, whole }));
          else resolve({ status, body: Buffer.alloc(0), whole: false });
        })
        // Of the connection and of what is no HTTP; in the middle of a body, too.
        .on('error', fail)
        .end();
    });
  }
}

/** Node's words for it would not say who did what. */
function inWords(thrown: unknown): unknown {
  if (!(thrown instanceof Error) || !('code' in thrown) || typeof thrown.code !== 'string') return thrown;
  if (thrown.code === 'ECONNRESET' && !('syscall' in thrown)) return new Error('other side closed');
  if (thrown.code === 'HPE_HEADER_OVERFLOW') return new Error('Headers Overflow Error');
  if (!thrown.code.startsWith('HPE_') || !('reason' in thrown)) return thrown;
  return new Error(`Response does not match the HTTP/1.1 protocol (${String(thrown.reason)})`);
}

/** Of an Authorization header; as secret as the password. */
export function basicCredentials({ username, password }: { username: string; password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`;
}

/** Ends the connection when one interim answer too many arrives. */
function interimGuard(socket: Socket): () => void {
  let answers = 0;
  return () => {
    if (++answers === MAX_INTERIM_ANSWERS + 1) socket.destroy(new Error('too many interim answers'));
  };
}

/** As much as is looked at. */
function read(message: IncomingMessage, done: (body: Buffer, whole: boolean) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const take = (chunk: Buffer): void => {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes <= MAX_BODY_BYTES) return;
    message.off('data', take);
    done(Buffer.concat(chunks).subarray(0, MAX_BODY_BYTES), false);
  };
  message.on('data', take).on('end', () => done(Buffer.concat(chunks), true));
}
