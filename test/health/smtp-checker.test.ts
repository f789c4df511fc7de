import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { after, before, describe, it } from 'node:test';
import { SmtpChecker } from '../../src/health/checkers/smtp.js';
import { plainSockets } from '../../src/health/net/sockets.js';
import type { ProbeResult } from '../../src/health/types.js';
import type { TlsSettings } from '../../src/model/health-check.js';
import { skipWithout } from '../support/require-tool.js';
import { createCertificates, type TestCertificates } from './support/certificates.js';
import { leavesNothingOpen } from './support/descriptors.js';
import { closedPort, probe, withServer } from './support/loopback.js';
import { tlsSettings } from './support/settings.js';

const BANNER = '220 mail.example ESMTP\r\n';
const HELLO = '250-mail.example\r\n250-PIPELINING\r\n250-STARTTLS\r\n250 8BITMIME\r\n';

/** Answers each command by its first word; what is null is not answered. */
function mailServer(answers: Readonly<Record<string, string | null>> = {}): (socket: Socket) => void {
  const replies: Readonly<Record<string, string | null>> = {
    banner: BANNER,
    EHLO: HELLO,
    STARTTLS: '220 go\r\n',
    QUIT: '221 bye\r\n',
    ...answers,
  };
  return (socket) => {
    socket.write(replies['banner'] ?? '');
    socket.on('data', (chunk) => {
      for (const line of chunk.toString('latin1').split('\r\n').slice(0, -1)) {
        const word = line.split(' ', 1)[0] ?? '';
        const reply = replies[word];
        if (typeof reply === 'string') socket.write(reply);
        if (word === 'QUIT' && reply !== null) socket.end();
      }
    });
  };
}

function ask(
  port: number,
  startTls: TlsSettings | null = null,
  timeoutMs = 5000,
  address = '127.0.0.1',
): Promise<ProbeResult> {
  const checker = new SmtpChecker(
    plainSockets,
    { address, port },
    { heloName: 'director.example', startTls },
  );
  return leavesNothingOpen(() => probe(checker, timeoutMs));
}

describe('SmtpChecker', () => {
  for (const address of ['127.0.0.1', '::1'])
    it(`greets ${address} and takes its leave`, async () => {
      await withServer(
        mailServer(),
        async ({ port, received, idle }) => {
          assert.deepEqual(await ask(port, null, 5000, address), { ok: true, detail: 'greeted' });
          await idle();
          assert.equal(received(), 'EHLO director.example\r\nQUIT\r\n');
        },
        { host: address },
      );
    });

  it('puts a greeting together that has several lines and comes in pieces', async () => {
    const serve = mailServer({ banner: '' });
    await withServer(
      (socket) => {
        socket.setNoDelay();
        socket.write('220-one\r\n22');
        setImmediate(() => socket.write('0 two\r'));
        setImmediate(() => setImmediate(() => socket.write('\n')));
        serve(socket);
      },
      async ({ port }) => assert.deepEqual(await ask(port), { ok: true, detail: 'greeted' }),
    );
  });

  const bad: { name: string; answers: Readonly<Record<string, string | null>>; reason: string }[] = [
    { name: 'has no service', answers: { banner: '554 no\r\n' }, reason: 'banner: 554 no, expected 220' },
    {
      name: 'is another program',
      answers: { banner: 'SSH-2.0-x\r\n' },
      reason: 'banner: a line that is no SMTP reply',
    },
    {
      name: 'mixes codes',
      answers: { banner: '220-a\r\n250 b\r\n' },
      reason: 'banner: a reply with the codes 220 and 250',
    },
    { name: 'does not know EHLO', answers: { EHLO: '502 what\r\n' }, reason: 'EHLO: 502 what, expected 250' },
    { name: 'is busy', answers: { EHLO: '421 later\x07\r\n' }, reason: 'EHLO: 421 later , expected 250' },
    { name: 'keeps silent', answers: { banner: '' }, reason: 'banner: timeout after 150ms' },
    { name: 'stops after its greeting', answers: { EHLO: null }, reason: 'EHLO: timeout after 150ms' },
    { name: 'does not let go', answers: { QUIT: null }, reason: 'QUIT: timeout after 150ms' },
    {
      name: 'sends a line without end',
      answers: { banner: `220 ${'a'.repeat(5000)}` },
      reason: 'banner: a line of more than 2048 bytes',
    },
    {
      name: 'sends a greeting without end',
      answers: { banner: '220-a\r\n'.repeat(200) },
      reason: 'banner: a reply of more than 100 lines',
    },
    {
      name: 'talks without being asked',
      answers: { banner: BANNER.repeat(50) },
      reason: 'EHLO: 220 mail.example ESMTP, expected 250',
    },
  ];
  for (const { name, answers, reason } of bad)
    it(`fails a server that ${name}`, async () => {
      await withServer(mailServer(answers), async ({ port, idle }) => {
        assert.deepEqual(await ask(port, null, 150), {
          ok: false,
          reason: `smtp 127.0.0.1:${port}: ${reason}`,
        });
        await idle();
      });
    });

  it('fails at once where nobody listens, or the connection is cut', async () => {
    const port = await closedPort();
    assert.deepEqual(await ask(port), { ok: false, reason: `smtp 127.0.0.1:${port}: connect: ECONNREFUSED` });
    await withServer(
      (socket) => void socket.end(BANNER),
      async (server) =>
        assert.deepEqual(await ask(server.port), {
          ok: false,
          reason: `smtp 127.0.0.1:${server.port}: EHLO: connection closed`,
        }),
    );
  });
});

describe('SmtpChecker with STARTTLS', { skip: skipWithout('openssl', 'apt-get install openssl') }, () => {
  let certificates: TestCertificates;
  let tls: TlsSettings;
  before(() => {
    certificates = createCertificates();
    tls = { ...tlsSettings, authorities: readFileSync(certificates.authorityFile, 'utf8') };
  });
  after(() => certificates.remove());

  /** After its `220 go` it is a TLS server that begins anew, without a greeting. */
  function secureServer(goReply = '220 go\r\n'): (socket: Socket) => void {
    return (socket) => {
      socket.write(BANNER);
      const onData = (chunk: Buffer): void => {
        const line = chunk.toString('latin1');
        if (line.startsWith('EHLO')) socket.write(HELLO);
        if (!line.startsWith('STARTTLS')) return;
        socket.removeAllListeners('data');
        socket.write(goReply);
        const secure = new TLSSocket(socket, { isServer: true, ...certificates.valid });
        secure.on('error', () => undefined);
        mailServer({ banner: '' })(secure);
      };
      socket.on('data', onData);
    };
  }

  it('goes on in TLS', async () => {
    await withServer(secureServer(), async ({ port }) => {
      assert.deepEqual(await ask(port, tls), { ok: true, detail: 'greeted, STARTTLS' });
    });
  });

  it('fails a wrong name, a server that does not offer it or refuses it, and one that talks on before it', async () => {
    const reason = async (serve: (socket: Socket) => void, settings = tls): Promise<string> => {
      let found = '';
      await withServer(serve, async ({ port }) => {
        const result = await ask(port, settings);
        found = 'reason' in result ? result.reason.replace(/^smtp [^ ]*: /, '') : 'up';
      });
      return found;
    };
    assert.match(
      await reason(secureServer(), { ...tls, serverName: 'evil.example' }),
      /^TLS: Host: evil\.example\. is not in/,
    );
    assert.equal(
      await reason(mailServer({ EHLO: '250 mail.example\r\n' })),
      'EHLO: the server does not offer STARTTLS',
    );
    assert.equal(
      await reason(mailServer({ STARTTLS: '454 not now\r\n' })),
      'STARTTLS: 454 not now, expected 220',
    );
    assert.equal(
      await reason(mailServer({ STARTTLS: '220 go\r\n250 smuggled\r\n' })),
      'STARTTLS: the server sent more before TLS began',
    );
    assert.match(await reason(mailServer({ STARTTLS: '220 go\r\n' }), tls), /^TLS: /);
  });
});
