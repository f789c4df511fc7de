/** Posts each event as JSON. What is secret in address and headers is in no message. */
import { createHmac } from 'node:crypto';
import { Agent, request } from 'undici';
import { reasonOf } from '../base/errors.js';
import { VERSION } from '../base/version.js';
import type { WebhookNotice } from '../model/notice.js';
import { bodyOf, oneLine, type Occurrence, type Teller } from './content.js';
import type { Sender, SendResult } from './sender.js';

/** Of the answer; more is cut off with the connection. */
const MOST_ANSWER_BYTES = 64 * 1024;
/** What is wrong with a certificate has all of its names. */
const LONGEST_REASON = 200;
/** Too early, too many: the same may be taken later. */
const TRANSIENT = new Set([408, 425, 429]);

/** A status of 200 to 299 means that the event has arrived. */
export class WebhookSender implements Sender {
  readonly sumsUp = false;
  readonly #settings: WebhookNotice;
  readonly #teller: Teller;
  readonly #agent: Agent;

  constructor(settings: WebhookNotice, teller: Teller) {
    const { tlsVerify, authorities } = settings;
    this.#settings = settings;
    this.#teller = teller;
    this.#agent = new Agent({
      // An idle connection that the other side has closed would be found out by the next event.
      pipelining: 0,
      connect: { rejectUnauthorized: tlsVerify, ...(authorities === null ? {} : { ca: authorities }) },
    });
  }

  waitMs(): number {
    return 0;
  }

  async send([occurrence]: readonly Occurrence[], missed: number, signal: AbortSignal): Promise<SendResult> {
    if (occurrence === undefined) return { ok: true, detail: 'nothing to send' };
    const { url, name } = this.#settings;
    const body = JSON.stringify(bodyOf(occurrence, this.#teller, name, missed));
    const subject = `post to ${new URL(url).origin}`;
    try {
      const answer = await request(url, {
        method: 'POST',
        headers: this.#headers(body),
        body,
        signal,
        dispatcher: this.#agent,
      });
      await answer.body.dump({ limit: MOST_ANSWER_BYTES, signal }).catch(() => undefined);
      return judge(subject, answer.statusCode, answer.headers['retry-after']);
    } catch (thrown) {
      signal.throwIfAborted();
      return {
        ok: false,
        reason: `${subject}: ${oneLine(describe(thrown), LONGEST_REASON)}`,
        retryable: true,
      };
    }
  }

  close(): void {
    // Waits for the attempt that is under way.
    void this.#agent.close().catch(() => undefined);
  }

  #headers(body: string): Record<string, string> {
    const { headers, secret } = this.#settings;
    return {
      ...headers,
      'content-type': 'application/json; charset=utf-8',
      'user-agent': `lvsd/${VERSION}`,
      ...(secret === null ? {} : { 'x-lvsd-signature': `sha256=${signatureOf(body, secret)}` }),
    };
  }
}

/** HMAC-SHA256 over the very bytes of the body, in hex. */
export function signatureOf(body: string, secret: string): string {
  return createHmac('sha256', secret).update(body).digest('hex');
}

function judge(subject: string, status: number, retryAfter: string | string[] | undefined): SendResult {
  if (status >= 200 && status < 300) return { ok: true, detail: `HTTP ${status}` };
  const redirect = status >= 300 && status < 400 ? ', redirects are not followed' : '';
  const seconds = typeof retryAfter === 'string' && /^\d{1,6}$/.test(retryAfter) ? Number(retryAfter) : 0;
  return {
    ok: false,
    reason: `${subject}: HTTP ${status}${redirect}`,
    retryable: status >= 500 || TRANSIENT.has(status),
    retryAfterMs: seconds * 1000,
  };
}

/** Of several addresses that refuse, the error itself says nothing. */
function describe(thrown: unknown): string {
  if (thrown instanceof AggregateError && thrown.errors.length > 0) return reasonOf(thrown.errors[0]);
  return reasonOf(thrown);
}
