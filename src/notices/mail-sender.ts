/** Mails events, a bounded number an hour. */
import { PassThrough } from 'node:stream';
import type { Clock } from '../base/clock.js';
import type { MailNotice } from '../model/notice.js';
import type { Occurrence, Teller } from './content.js';
import { oneLine } from './content.js';
import type { MailRate } from './mail-rate.js';
import { mailOf } from './mail-text.js';
import type { Sender, SendResult } from './sender.js';

const LONGEST_REASON = 200;

/** Connects for each mail: a director that is well sends few. */
export class MailSender implements Sender {
  readonly sumsUp = true;
  readonly rate: MailRate;
  readonly #settings: MailNotice;
  readonly #teller: Teller;
  readonly #clock: Clock;

  constructor(settings: MailNotice, teller: Teller, clock: Clock, rate: MailRate) {
    this.#settings = settings;
    this.#teller = teller;
    this.#clock = clock;
    this.rate = rate;
  }

  waitMs(): number {
    return this.rate.waitMs(this.#clock.nowMs());
  }

  async send(occurrences: readonly Occurrence[], missed: number, signal: AbortSignal): Promise<SendResult> {
    const { host, port, from, to } = this.#settings;
    // Loaded when the first mail goes.
    const { createTransport } = await import('nodemailer');
    const transport = createTransport(this.#options());
    const sent = { handedOver: false };
    transport.use('stream', ({ message }, done) => {
      // Asked for when the server has said that it takes mails.
      message.transform(() => {
        sent.handedOver = true;
        return new PassThrough();
      });
      done();
    });
    try {
      const { subject, text } = mailOf(this.#teller.director, occurrences, missed);
      const message = {
        from,
        to: [...to],
        subject,
        text,
        // RFC 3834: no program shall answer.
        headers: { 'Auto-Submitted': 'auto-generated' },
        disableFileAccess: true,
        disableUrlAccess: true,
        signal,
      };
      const { response } = await transport.sendMail(message);
      this.rate.spend(this.#clock.nowMs());
      return { ok: true, detail: oneLine(response, LONGEST_REASON) };
    } catch (thrown) {
      // It may have arrived, though nobody said so: a server that is slow to answer would get each mail again and again.
      if (sent.handedOver && !isRefusal(thrown)) this.rate.spend(this.#clock.nowMs());
      signal.throwIfAborted();
      return { ok: false, ...fault(thrown, `mail by ${host} port ${port}`) };
    } finally {
      transport.close();
    }
  }

  close(): void {
    // Nothing is held between two mails.
  }

  #options() {
    const { host, port, tls, authorities, username, password, timeoutMs } = this.#settings;
    const verified = tls === 'required' || tls === 'implicit';
    return {
      host,
      port,
      secure: tls === 'implicit',
      ignoreTLS: tls === 'none',
      requireTLS: tls === 'required',
      opportunisticTLS: tls === 'opportunistic',
      // Who could take away the offer of encryption could show any certificate, too.
      tls: { rejectUnauthorized: verified, ...(authorities === null ? {} : { ca: authorities }) },
      ...(username === null ? {} : { auth: { user: username, pass: password ?? '' } }),
      // A mail server on the loopback interface is as good as any.
      allowInternalNetworkInterfaces: true,
      connectionTimeout: timeoutMs,
      greetingTimeout: timeoutMs,
      socketTimeout: timeoutMs,
    };
  }
}

function isRefusal(thrown: unknown): boolean {
  return (thrown as { readonly responseCode?: number }).responseCode !== undefined;
}

/** A reply of 500 to 599 would be the same the next time. */
function fault(thrown: unknown, subject: string): { reason: string; retryable: boolean } {
  const { response, responseCode, message } = thrown as {
    readonly response?: string;
    readonly responseCode?: number;
    readonly message?: string;
  };
  const reason = response ?? message ?? String(thrown);
  return {
    reason: `${subject}: ${oneLine(reason, LONGEST_REASON)}`,
    retryable: responseCode === undefined || responseCode < 500,
  };
}
