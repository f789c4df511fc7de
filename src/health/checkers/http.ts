/**
 * A server is well when it answers one GET with an expected status and ends its body in time.
 *
 * Every probe has a connection of its own: a kept one would go on answering from a process that accepts no more.
 * Redirects are answers, not followed.
 */
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { Client, type Dispatcher } from 'undici';
import { formatEndpoint } from '../../base/ip.js';
import type { StatusRange } from '../../model/health-check.js';
import type { ActiveCheck, Checker, ProbeResult } from '../types.js';
import { describe, failure } from './failure.js';
import { connected, reached, withSocket } from './socket.js';
import type { TcpTarget } from './tcp.js';

/** The part of the check that an HTTP probe needs. */
export type HttpSettings = Pick<
  Extract<ActiveCheck, { readonly type: 'http' | 'https' }>,
  'type' | 'path' | 'host' | 'expectStatus' | 'tlsVerify' | 'basicAuth'
>;

/** Enough for any sane answer; more is a server that floods. */
const MAX_HEADER_BYTES = 16 * 1024;

/** Informational answers (1xx) before the real one; a server may otherwise send them for ever. */
const MAX_INTERIM_ANSWERS = 10;

/** As much of a body is read and dropped; then the connection is closed, which is no failure. */
const MAX_BODY_BYTES = 64 * 1024;

/** Sends `GET path` once, over TLS with `https`. Bounded by the abort signal and by the limits above. */
export class HttpChecker implements Checker {
  readonly #target: TcpTarget;
  readonly #settings: HttpSettings;
  readonly #headers: Readonly<Record<string, string>>;
  /** Without the query string, which may hold a secret. */
  readonly #subject: string;

  constructor(target: TcpTarget, settings: HttpSettings) {
    this.#target = target;
    this.#settings = settings;
    this.#headers = requestHeaders(settings);
    this.#subject = `GET ${originOf(target, settings)}${settings.path.replace(/[?#].*/s, '')}`;
  }

  async probe(signal: AbortSignal): Promise<ProbeResult> {
    try {
      const status = await withSocket(this.#open(), signal, (socket) => this.#ask(socket));
      const { expectStatus } = this.#settings;
      if (isExpected(status, expectStatus)) return { ok: true, detail: `status ${status}` };
      return failure(this.#subject, `status ${status}, expected ${formatRanges(expectStatus)}`);
    } catch (thrown) {
      return failure(this.#subject, thrown);
    }
  }

  #open(): Socket | TLSSocket {
    const { address: host, port } = this.#target;
    const { type, tlsVerify, host: name } = this.#settings;
    if (type === 'http') return connectTcp({ host, port });
    const servername = serverName(name);
    return connectTls({
      host,
      port,
      rejectUnauthorized: tlsVerify,
      ALPNProtocols: ['http/1.1'],
      // Without a name the certificate is compared with the address, and no SNI is sent.
      ...(servername === null ? {} : { servername }),
    });
  }

  async #ask(socket: Socket): Promise<number> {
    await during('connect', connected(socket));
    if (this.#settings.type === 'https') await during('TLS', reached(socket, 'secureConnect'));
    const client = this.#clientOver(socket);
    try {
      return await this.#request(client, socket);
    } finally {
      await client.destroy();
    }
  }

  async #request(client: Client, socket: Socket): Promise<number> {
    const { path, expectStatus } = this.#settings;
    const headers = this.#headers;
    const onInfo = interimGuard(socket);
    const request = client.request({ method: 'GET', path, headers, reset: true, onInfo });
    const { statusCode, body } = await during('response', request);
    // The body of a refusal is of no interest; closing the client ends it.
    if (isExpected(statusCode, expectStatus)) await during('body', drop(body));
    else body.on('error', () => undefined);
    return statusCode;
  }

  /** A client of one connection. Its own timers are off: the probe's timeout is the runner's. */
  #clientOver(socket: Socket): Client {
    return new Client(originOf(this.#target, this.#settings), {
      // Not at once: undici asks for the connection from within its dispatch loop and would not look again.
      connect: (_options, callback) => queueMicrotask(() => callback(null, socket)),
      headersTimeout: 0,
      bodyTimeout: 0,
      maxHeaderSize: MAX_HEADER_BYTES,
    });
  }
}

/** Says in which phase it failed, since "ECONNRESET" alone does not tell. */
async function during<T>(phase: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (thrown) {
    throw new Error(`${phase}: ${describe(thrown)}`, { cause: thrown });
  }
}

/** Ends the connection when one interim answer too many arrives. */
function interimGuard(socket: Socket): () => void {
  let answers = 0;
  return () => {
    if (++answers > MAX_INTERIM_ANSWERS) socket.destroy(new Error('too many interim answers'));
  };
}

async function drop(body: Dispatcher.ResponseData['body']): Promise<void> {
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes >= MAX_BODY_BYTES) return;
  }
}

function requestHeaders({ host, basicAuth }: HttpSettings): Record<string, string> {
  const headers: Record<string, string> = { 'user-agent': 'lvsd', accept: '*/*' };
  if (host !== null) headers['host'] = host;
  if (basicAuth !== null) {
    const credentials = Buffer.from(`${basicAuth.username}:${basicAuth.password}`, 'utf8').toString('base64');
    headers['authorization'] = `Basic ${credentials}`;
  }
  return headers;
}

function originOf({ address, port }: TcpTarget, { type }: HttpSettings): string {
  return `${type}://${formatEndpoint(address, port)}`;
}

/** The name for SNI: `host` without its port; null for an address, which SNI does not allow (RFC 6066 section 3). */
function serverName(host: string | null): string | null {
  const name = host?.replace(/:\d+$/, '') ?? '';
  return name === '' || name.startsWith('[') || isIP(name) !== 0 ? null : name;
}

function isExpected(status: number, ranges: readonly StatusRange[]): boolean {
  return ranges.some(({ first, last }) => first <= status && status <= last);
}

function formatRanges(ranges: readonly StatusRange[]): string {
  return ranges.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(', ');
}
