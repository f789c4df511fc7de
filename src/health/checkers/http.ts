/**
 * A server is well when it answers one request with an expected status, and ends its body in time, which holds what is expected.
 * Redirects are answers, not followed.
 */
import { reasonOf } from '../../base/errors.js';
import { formatEndpoint } from '../../base/ip.js';
import type { HttpCheck, StatusRange } from '../../model/health-check.js';
import type { ProbeSockets, ProbeTarget } from '../net/sockets.js';
import type { Checker, ProbeResult } from '../types.js';
import { excerpt, failure } from './failure.js';
import { basicCredentials, HttpExchange, MAX_BODY_BYTES, type HttpAnswer } from './http-exchange.js';
import { judgeJson } from './json-value.js';
import { createMatcher, type Matcher } from './matcher.js';
import { TlsUpgrade } from './secure.js';

/** The part of the check that an HTTP probe needs. */
export type HttpSettings = Omit<HttpCheck, 'timing' | 'port'>;

/** Sends one request, over TLS with `https`. Bounded by the abort signal and by the limits of the exchange. */
export class HttpChecker implements Checker {
  readonly #exchange: HttpExchange;
  readonly #settings: HttpSettings;
  readonly #matcher: Matcher | null;
  /** Without the query string, which may hold a secret. */
  readonly #subject: string;

  constructor(sockets: ProbeSockets, target: ProbeTarget, settings: HttpSettings) {
    const { type, method, path, host, tls, expectBody, expectStatus } = settings;
    this.#settings = settings;
    this.#matcher = expectBody === null ? null : createMatcher(expectBody);
    const origin = `${type}://${formatEndpoint(target.address, target.port)}`;
    this.#subject = `${method} ${origin}${path.replace(/[?#].*/s, '')}`;
    this.#exchange = new HttpExchange(sockets, target, {
      method,
      path,
      headers: requestHeaders(settings),
      upgrade: type === 'http' ? null : new TlsUpgrade(tls, host, ['http/1.1']),
      // The body of a refusal is of no interest.
      readsBody: (status) => isExpected(status, expectStatus),
    });
  }

  async probe(signal: AbortSignal): Promise<ProbeResult> {
    try {
      const answer = await this.#exchange.ask(signal);
      const fault = this.#faultOf(answer);
      return fault === null ? { ok: true, detail: `status ${answer.status}` } : failure(this.#subject, fault);
    } catch (thrown) {
      return failure(this.#subject, thrown);
    }
  }

  #faultOf({ status, body, whole }: HttpAnswer): string | null {
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
}

/** Those of the file last: they win over ours. */
function requestHeaders({ host, basicAuth, headers: own }: HttpSettings): Record<string, string> {
  const headers: Record<string, string> = { 'user-agent': 'lvsd', accept: '*/*' };
  if (host !== null) headers['host'] = host;
  if (basicAuth !== null) headers['authorization'] = basicCredentials(basicAuth);
  for (const [name, value] of Object.entries(own)) headers[name.toLowerCase()] = value;
  return headers;
}

function isExpected(status: number, ranges: readonly StatusRange[]): boolean {
  return ranges.some(({ first, last }) => first <= status && status <= last);
}

function formatRanges(ranges: readonly StatusRange[]): string {
  return ranges.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(', ');
}
