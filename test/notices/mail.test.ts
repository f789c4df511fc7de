import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { realClock, type Clock } from '../../src/base/clock.js';
import type { MailNotice } from '../../src/model/notice.js';
import { Courier } from '../../src/notices/courier.js';
import { MailRate } from '../../src/notices/mail-rate.js';
import { MailSender } from '../../src/notices/mail-sender.js';
import type { SendResult } from '../../src/notices/sender.js';
import { createCertificates, type TestCertificates } from '../health/support/certificates.js';
import { skipWithout } from '../support/require-tool.js';
import { notice, occurrence } from '../unit/notices/events.js';
import { MailServer, type MailServerOptions } from './support/mail-server.js';

const teller = { director: 'director-a', startedAtMs: 7 };

async function withServer(
  options: MailServerOptions,
  work: (server: MailServer) => Promise<void>,
): Promise<void> {
  const server = await new MailServer(options).listen();
  try {
    await work(server);
  } finally {
    await server.close();
  }
}

function settings(port: number, changes: Partial<MailNotice> = {}): MailNotice {
  const { name, events, services, queue, timeoutMs, retryForMs } = notice({ name: 'ops' });
  return {
    ...{ name, events, services, queue, timeoutMs, retryForMs },
    type: 'mail',
    host: '127.0.0.1',
    port,
    tls: 'opportunistic',
    authorities: null,
    username: null,
    password: null,
    from: 'lvsd@director.example',
    to: ['ops@example.org', 'night@example.org'],
    maxPerHour: 20,
    ...changes,
  };
}

function send(to: MailNotice, signal = new AbortController().signal): Promise<SendResult> {
  return new MailSender(to, teller, realClock, new MailRate(20)).send([occurrence(3)], 0, signal);
}

describe('MailSender', () => {
  it('mails the event to everybody', async () => {
    await withServer({}, async (server) => {
      assert.deepEqual(await send(settings(server.port)), { ok: true, detail: '250 queued as 1' });
      const [mail] = server.mails;
      assert.ok(mail);
      assert.deepEqual(
        [mail.from, mail.to],
        ['lvsd@director.example', ['ops@example.org', 'night@example.org']],
      );
      assert.match(mail.text, /^Subject: \[lvsd director-a\] server-down shop\/web-1: m3\r$/m);
      assert.match(mail.text, /^Auto-Submitted: auto-generated\r$/m);
      assert.match(mail.text, /^server {4}web-1\r?$/m);
      assert.equal(mail.secure, false);
    });
  });

  it('tells a passing refusal from one for good', async () => {
    const refusal = async (word: string, reply: string): Promise<SendResult> => {
      let result: SendResult | null = null;
      await withServer(
        { reply: (asked) => (asked === word ? `${reply}\r\n` : undefined) },
        async (server) => {
          result = await send(settings(server.port));
          const { port } = server;
          result = JSON.parse(JSON.stringify(result).replaceAll(String(port), 'PORT')) as SendResult;
        },
      );
      assert.ok(result);
      return result;
    };
    assert.deepEqual(await refusal('MAIL', '451 try later'), {
      ok: false,
      reason: 'mail by 127.0.0.1 port PORT: 451 try later',
      retryable: true,
    });
    assert.deepEqual(await refusal('.', '554 no spam'), {
      ok: false,
      reason: 'mail by 127.0.0.1 port PORT: 554 no spam',
      retryable: false,
    });
  });

  it('says that nobody listens', async () => {
    let port = 0;
    await withServer({}, async (server) => void (port = await Promise.resolve(server.port)));
    const result = await send(settings(port));
    assert.ok(!result.ok && result.retryable);
    assert.match(result.reason, /ECONNREFUSED/);
  });

  it('ends with its signal, whatever the server does', async () => {
    const abort = new AbortController();
    const reply = (word: string): string | undefined => {
      if (word !== 'MAIL') return undefined;
      abort.abort(new Error('no end within 1s'));
      return '';
    };
    await withServer({ reply }, async (server) => {
      await assert.rejects(send(settings(server.port), abort.signal), /no end within 1s/);
    });
  });

  for (const [name, word, counts] of [
    ['counts a mail that the server took without a word', '.', true],
    ['counts none that a server refused', 'MAIL', false],
    ['counts none that never got so far', '', false],
  ] as const)
    it(name, async () => {
      const abort = new AbortController();
      const reply = (asked: string): string | undefined => {
        if (asked !== word) return undefined;
        if (word === 'MAIL') return '451 try later\r\n';
        abort.abort(new Error('no end within 1s'));
        return '';
      };
      await withServer({ reply }, async (server) => {
        const sender = new MailSender(settings(server.port), teller, realClock, new MailRate(1));
        await sender.send([occurrence(3)], 0, abort.signal).catch(() => undefined);
        assert.equal(sender.waitMs() > 0, counts);
      });
    });

  it('insists on TLS where it is required', async () => {
    await withServer({}, async (server) => {
      const result = await send(settings(server.port, { tls: 'required' }));
      assert.ok(!result.ok, 'sent in the clear');
      assert.deepEqual(server.mails, []);
    });
  });
});

describe('MailSender over TLS', { skip: skipWithout('openssl', 'apt-get install openssl') }, () => {
  let certificates: TestCertificates;
  let authorities: string;
  before(() => {
    certificates = createCertificates();
    authorities = readFileSync(certificates.authorityFile, 'utf8');
  });
  after(() => certificates.remove());

  it('encrypts where the server offers it, whoever it is', async () => {
    await withServer({ certificate: certificates.valid }, async (server) => {
      assert.equal((await send(settings(server.port))).ok, true);
      assert.equal(server.mails[0]?.secure, true);
    });
  });

  for (const tls of ['required', 'implicit'] as const)
    it(`verifies the server with tls: ${tls}, and logs in`, async () => {
      await withServer({ certificate: certificates.valid, implicit: tls === 'implicit' }, async (server) => {
        const login = { username: 'lvsd', password: 'hunter2' };
        const refused = await send(settings(server.port, { tls, ...login }));
        assert.ok(!refused.ok, 'trusted a stranger');
        assert.doesNotMatch(refused.reason, /hunter2/);
        assert.equal((await send(settings(server.port, { tls, authorities, ...login }))).ok, true);
        const [mail, ...more] = server.mails;
        assert.deepEqual([mail?.secure, mail?.login, more], [true, 'lvsd hunter2', []]);
      });
    });

  it('does not encrypt with tls: none', async () => {
    await withServer({ certificate: certificates.valid }, async (server) => {
      assert.equal((await send(settings(server.port, { tls: 'none' }))).ok, true);
      assert.equal(server.mails[0]?.secure, false);
    });
  });
});

describe('MailSender in the hands of a courier', () => {
  it('sums up what is above the limit in one mail that says how many', async () => {
    await withServer({}, async (server) => {
      // Whoever waits for the next mail finds that the time has passed.
      let skippedMs = 0;
      const clock: Clock = {
        ...realClock,
        nowMs: () => realClock.nowMs() + skippedMs,
        after: (ms, callback, options) => {
          if (ms < 20_000) return realClock.after(ms, callback, options);
          return realClock.after(5, () => {
            skippedMs += ms;
            callback();
          });
        },
      };
      const to = settings(server.port, { maxPerHour: 4 });
      const courier = new Courier(to, new MailSender(to, teller, clock, new MailRate(4)), {
        clock,
        random: () => 0,
        tell: () => undefined,
      });
      for (let seq = 1; seq <= 9; seq++) courier.push(occurrence(seq));
      while (courier.status.queued > 0) await setImmediate();
      await courier.close(1000);
      const subjects = server.mails.map(({ text }) => /^Subject: (.*)\r$/m.exec(text)?.[1]);
      assert.deepEqual(subjects, [
        '[lvsd director-a] server-down shop/web-1: m1',
        '[lvsd director-a] server-down shop/web-1: m2',
        '[lvsd director-a] 7 events: 7 server-down',
      ]);
      assert.match(server.mails[2]?.text ?? '', /7 events left out so far/);
    });
  });
});
