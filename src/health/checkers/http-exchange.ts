/**
 * One HTTP request and its answer.
 *
 * Every probe has a connection of its own: a kept one would go on answering from a process that accepts no more.
 */
import type { Socket } from 'node:net';
import { Client, type Dispatcher } from 'undici';
import { formatEndpoint } from '../../base/ip.js';
import type { ProbeSockets, ProbeTarget } from '../net/sockets.js';
import { overConnection } from './connection.js';
import { during } from './failure.js';
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

  constructor(sockets: ProbeSockets, target: ProbeTarget, request: HttpRequest) {
    this.#sockets = sockets;
    this.#target = target;
    this.#asked = request;
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

  async #over(socket: Socket): Promise<HttpAnswer> {
    const client = this.#clientOver(socket);
    try {
      return await this.#request(client, socket);
    } finally {
      await client.destroy();
    }
  }

  async #request(client: Client, socket: Socket): Promise<HttpAnswer> {
    const { method, path, headers, readsBody } = this.#asked;
    const onInfo = interimGuard(socket);
    const request = client.request({ method, path, headers, reset: true, onInfo });
    const { statusCode: status, body } = await during('response', request);
    if (readsBody(status)) return { status, ...(await during('body', read(body))) };
    // Closing the client ends it.
    body.on('error', () => undefined);
    return { status, body: Buffer.alloc(0), whole: false };
  }

  /** A client of one connection. Its own timers are off: the probe's timeout is the runner's. */
  #clientOver(socket: Socket): Client {
    const { address, port } = this.#target;
    const scheme = this.#asked.upgrade === null ? 'http' : 'https';
    return new Client(`${scheme}://${formatEndpoint(address, port)}`, {
      // Not at once: undici asks for the connection from within its dispatch loop and would not look again.
      connect: (_options, callback) => queueMicrotask(() => callback(null, socket)),
      headersTimeout: 0,
      bodyTimeout: 0,
      maxHeaderSize: MAX_HEADER_BYTES,
    });
  }
}

/** Of an Authorization header; as secret as the password. */
export function basicCredentials({ username, password }: { username: string; password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`;
}

/** Ends the connection when one interim answer too many arrives. */
function interimGuard(socket: Socket): () => void {
  let answers = 0;
  return () => {
    if (++answers > MAX_INTERIM_ANSWERS) socket.destroy(new Error('too many interim answers'));
  };
}

async function read(body: Dispatcher.ResponseData['body']): Promise<Pick<HttpAnswer, 'body' | 'whole'>> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) break;
  }
  return { body: Buffer.concat(chunks).subarray(0, MAX_BODY_BYTES), whole: bytes <= MAX_BODY_BYTES };
}
