/** A mail notice by way of OpenSMTPD, which insists on being started by root: what it delivers is what was meant. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, readFileSync, watch } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { realClock } from '../../../src/base/clock.js';
import { MailRate } from '../../../src/notices/mail-rate.js';
import { MailSender } from '../../../src/notices/mail-sender.js';
import { skipWithout } from '../../support/require-tool.js';
import { notice, occurrence } from '../../unit/notices/events.js';
import { withServerProgram, writeIn } from './support/server-program.js';

const notRoot = process.getuid?.() === 0 ? false : 'smtpd runs as root alone';
const needs = skipWithout('smtpd', 'apt-get install opensmtpd') || notRoot;

/** The first file that comes into a folder. */
async function firstIn(folder: string): Promise<string> {
  const changes = watch(folder);
  try {
    for (;;) {
      const [name] = readdirSync(folder);
      if (name !== undefined) return readFileSync(join(folder, name), 'utf8');
      await once(changes, 'change');
    }
  } finally {
    changes.close();
  }
}

describe('a mail notice by way of OpenSMTPD', { skip: needs }, () => {
  it('is delivered', async () => {
    let mailFolder = '';
    await withServerProgram(
      ({ port, folder }) => {
        mailFolder = join(folder, 'mail');
        for (const name of ['', 'new', 'cur', 'tmp']) mkdirSync(join(mailFolder, name), { mode: 0o777 });
        for (const path of [folder, mailFolder, join(mailFolder, 'new'), join(mailFolder, 'tmp')])
          chmodSync(path, 0o777);
        const text = `listen on 127.0.0.1 port ${port}
table users { "@" = "nobody" }
action "keep" maildir "${mailFolder}" virtual <users>
match from any for any action "keep"
`;
        return ['smtpd', '-d', '-f', writeIn(folder, 'smtpd.conf', text)];
      },
      async ({ port }) => {
        const { name, events, services, queue, timeoutMs, retryForMs } = notice();
        const settings = {
          ...{ name, events, services, queue, timeoutMs, retryForMs },
          ...({ type: 'mail', host: '127.0.0.1', port, tls: 'opportunistic', authorities: null } as const),
          ...{
            username: null,
            password: null,
            from: 'lvsd@example.org',
            to: ['ops@example.org'],
            maxPerHour: 5,
          },
        };
        const sender = new MailSender(
          settings,
          { director: 'a', startedAtMs: 0 },
          realClock,
          new MailRate(5),
        );
        const result = await sender.send([occurrence(1)], 0, AbortSignal.timeout(10_000));
        assert.match(JSON.stringify(result), /"ok":true.*250 2\.0\.0/);
        const mail = await firstIn(join(mailFolder, 'new'));
        assert.match(mail, /^Subject: \[lvsd a\] server-down shop\/web-1: m1$/m);
        assert.match(mail, /^To: ops@example\.org$/m);
      },
    );
  });
});
