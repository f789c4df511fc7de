/**
 * A server is well when it answers one request with an expected status, and ends its body in time, which holds what is expected.
 *
 * Every probe has a connection of its own: a kept one would go on answering from a process that accepts no more.
 * Redirects are answers, not followed.
 */
import type { Socket } from 'node:net';
import { Client, type Dispatcher } from 'undici';
import { reasonOf } from '../../base/errors.js';
import { formatEndpoint } from '../../base/ip.js';
import type { HttpCheck, StatusRange } from '../../model/health-check.js';
import type { ProbeSockets, ProbeTarget } from '../net/sockets.js';
import type { Checker, ProbeResult } from '../types.js';
import { during, excerpt, failure } from './failure.js';
import { judgeJson } from './json-value.js';
import { createMatcher, type Matcher } from './matcher.js';
import { TlsUpgrade } from './secure.js';
import { connected, withSocket } from './socket.js';

/** The part of the check that an HTTP probe needs. */
export type HttpSettings = Omit<HttpCheck, 'timing' | 'port'>;

/** Enough for any sane answer; more is a server that floods. */
const MAX_HEADER_BYTES = 16 * 1024;

/** Informational answers (1xx) before the real one; a server may otherwise send them for ever. */
const MAX_INTERIM_ANSWERS = 10;

/** As much of a body is read and looked at; then the connection is closed, which is no failure by itself. */
const MAX_BODY_BYTES = 64 * 1024;

/** What a server answered. */
interface Answer {
  readonly status: number;
  /** The beginning, where somebody looks at it; `whole` unless it went on. */
  readonly body: Buffer;
  readonly whole: boolean;
}

/** Sends one request, over TLS with `https`. Bounded by the abort signal and by the limits above. */
export class HttpChecker implements Checker {
  readonly #sockets: ProbeSockets;
  readonly #target: ProbeTarget;
  readonly #settings: HttpSettings;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #upgrade: TlsUpgrade | null;
  readonly #matcher: Matcher | null;
  /** Without the query string, which may hold a secret. */
  readonly #subject: string;

  constructor(sockets: ProbeSockets, target: ProbeTarget, settings: HttpSettings) {
    const { type, method, path, host, tls, expectBody } = settings;
    this.#sockets = sockets;
    this.#target = target;
    this.#settings = settings;
    this.#headers = requestHeaders(settings);
    this.#upgrade = type === 'http' ? null : new TlsUpgrade(tls, host, ['http/1.1']);
    this.#matcher = expectBody === null ? null : createMatcher(expectBody);
    this.#subject = `${method} ${originOf(target, settings)}${path.replace(/[?#].*/s, '')}`;
  }

  async probe(signal: AbortSignal): Promise<ProbeResult> {
    try {
      const answer = await withSocket(this.#sockets.connect(this.#target), signal, async (socket) => {
        await during('connect', connected(socket));
        if (this.#upgrade === null) return await this.#ask(socket);
        const { address } = this.#target;
        const inTls = (work: Promise<unknown>) => during('TLS', work);
        return await this.#upgrade.over(socket, address, signal, (secure) => this.#ask(secure), inTls);
      });
      const fault = this.#faultOf(answer);
      return fault === null ? { ok: true, detail: `status ${answer.status}` } : failure(this.#subject, fault);
    } catch (thrown) {
      return failure(this.#subject, thrown);
    }
  }

  #faultOf({ status, body, whole }: Answer): string | null {
    const { expectStatus, expectJson } = this.#settings;
    if (!isExpected(status, expectStatus)) return `status ${status}, expected ${formatRanges(expectStatus)}`;
    if (this.#matcher !== null && !this.#matcher.matches(body)) {
      const where = whole ? 'in the body' : `in the first ${MAX_BODY_BYTES} bytes of the body`;
      return `status ${status}, no ${this.#matcher.wanted} ${where}, got ${excerpt(body)}`;
    }
    if (expectJson === null) return null;
    if (!whole) return `status ${status}, a body of more than ${MAX_BODY_BYTES} bytes is not read as JSON`;
    try {
      judgeJson(body.toString('utf8'), expectJson);
      return null;
    } catch (mismatch) {
      return `status ${status}, ${reasonOf(mismatch)}`;
    }
  }

  async #ask(socket: Socket): Promise<Answer> {
    const client = this.#clientOver(socket);
    try {
      return await this.#request(client, socket);
    } finally {
      await client.destroy();
    }
  }

  async #request(client: Client, socket: Socket): Promise<Answer> {
    const { method, path, expectStatus } = this.#settings;
    const headers = this.#headers;
    const onInfo = interimGuard(socket);
    const request = client.request({ method, path, headers, reset: true, onInfo });
    const { statusCode: status, body } = await during('response', request);
    // The body of a refusal is of no interest; closing the client ends it.
    if (isExpected(status, expectStatus)) return { status, ...(await during('body', read(body))) };
    body.on('error', () => undefined);
    return { status, body: Buffer.alloc(0), whole: false };
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

/** Ends the connection when one interim answer too many arrives. */
function interimGuard(socket: Socket): () => void {
  let answers = 0;
  return () => {
    if (++answers > MAX_INTERIM_ANSWERS) socket.destroy(new Error('too many interim answers'));
  };
}

async function read(body: Dispatcher.ResponseData['body']): Promise<Pick<Answer, 'body' | 'whole'>> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) break;
  }
  return { body: Buffer.concat(chunks).subarray(0, MAX_BODY_BYTES), whole: bytes <= MAX_BODY_BYTES };
}

/** Those of the file last: they win over ours. */
function requestHeaders({ host, basicAuth, headers: own }: HttpSettings): Record<string, string> {
  const headers: Record<string, string> = { 'user-agent': 'lvsd', accept: '*/*' };
  if (host !== null) headers['host'] = host;
  if (basicAuth !== null) {
    const credentials = Buffer.from(`${basicAuth.username}:${basicAuth.password}`, 'utf8').toString('base64');
    headers['authorization'] = `Basic ${credentials}`;
  }
  for (const [name, value] of Object.entries(own)) headers[name.toLowerCase()] = value;
  return headers;
}

function originOf({ address, port }: ProbeTarget, { type }: HttpSettings): string {
  return `${type}://${formatEndpoint(address, port)}`;
}

function isExpected(status: number, ranges: readonly StatusRange[]): boolean {
  return ranges.some(({ first, last }) => first <= status && status <= last);
}

function formatRanges(ranges: readonly StatusRange[]): string {
  return ranges.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(', ');
}
