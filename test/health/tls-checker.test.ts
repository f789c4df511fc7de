import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { secureContextOf } from '../../src/health/checkers/secure.js';
import { systemTools } from '../../src/health/checkers/tools.js';
import { TlsChecker, type TlsProbeSettings } from '../../src/health/checkers/tls.js';
import { HttpChecker } from '../../src/health/checkers/http.js';
import { plainSockets } from '../../src/health/net/sockets.js';
import type { ProbeResult } from '../../src/health/types.js';
import type { TlsSettings } from '../../src/model/health-check.js';
import { skipWithout } from '../support/require-tool.js';
import { createCertificates, type TestCertificates } from './support/certificates.js';
import { leavesNothingOpen } from './support/descriptors.js';
import { answering, closedPort, probe, withServer } from './support/loopback.js';
import { httpSettings, tlsProbeSettings, tlsSettings } from './support/settings.js';

const silent = (): void => undefined;
const DAY_MS = 24 * 3_600_000;

describe('TlsChecker', { skip: skipWithout('openssl', 'apt-get install openssl') }, () => {
  let certificates: TestCertificates;
  let authorities = '';
  before(() => {
    certificates = createCertificates();
    authorities = readFileSync(certificates.authorityFile, 'utf8');
  });
  after(() => certificates.remove());

  function ask(
    port: number,
    tls: Partial<TlsSettings> = {},
    changes: Partial<TlsProbeSettings> = {},
    timeoutMs?: number,
  ): Promise<ProbeResult> {
    const settings = { ...tlsProbeSettings, ...changes, tls: { ...tlsSettings, authorities, ...tls } };
    const checker = new TlsChecker(systemTools, { address: '127.0.0.1', port }, settings);
    return leavesNothingOpen(() => probe(checker, timeoutMs));
  }
  const failed = (port: number, reason: string): ProbeResult => ({
    ok: false,
    reason: `tls 127.0.0.1:${port}: ${reason}`,
  });

  it('trusts the authorities of a file, by name and by address', async () => {
    await withServer(
      silent,
      async ({ port, idle }) => {
        const good = { ok: true, detail: 'TLSv1.3, certificate until 2099-12-31' };
        assert.deepEqual(await ask(port), good);
        assert.deepEqual(await ask(port, { serverName: null }), good);
        await idle();
      },
      { tls: certificates.valid },
    );
  });

  it('reads authorities once for all servers of a check', () => {
    const tls = { ...tlsSettings, authorities };
    assert.equal(secureContextOf(tls), secureContextOf(tls));
    assert.notEqual(secureContextOf(tls), secureContextOf({ ...tls }));
  });

  it('compares the certificate with the address that is named instead of the server’s', async () => {
    await withServer(
      silent,
      async ({ port }) => {
        for (const serverName of ['127.0.0.1', '127.0.0.1:443'])
          assert.equal((await ask(port, { serverName })).ok, true);
        for (const serverName of ['192.0.2.7', '2001:db8::1', '[2001:db8::1]:443']) {
          const address = serverName.replace(/^\[|\]:443$/g, '');
          assert.match(
            JSON.stringify(await ask(port, { serverName })),
            new RegExp(`handshake: IP: ${address} is not in the cert's list`),
          );
        }
      },
      { tls: certificates.valid },
    );
  });

  it('fails another name, an unknown authority and an ended certificate', async () => {
    await withServer(
      silent,
      async ({ port }) => {
        const other = await ask(port, { serverName: 'evil.example' });
        assert.deepEqual(
          other,
          failed(
            port,
            "handshake: Host: evil.example. is not in the cert's altnames: DNS:shop.example, IP Address:127.0.0.1",
          ),
        );
        assert.deepEqual(
          await ask(port, { authorities: null }),
          failed(port, 'handshake: unable to verify the first certificate'),
        );
      },
      { tls: certificates.valid },
    );
    await withServer(
      silent,
      async ({ port }) => {
        assert.deepEqual(await ask(port), failed(port, 'handshake: certificate has expired'));
        assert.deepEqual(await ask(port, { verify: false }), {
          ok: true,
          detail: 'warning: certificate ended on 2021-01-01; TLSv1.3',
        });
      },
      { tls: certificates.expired },
    );
  });

  it('warns of a certificate that is about to end, and not before', async () => {
    await withServer(
      silent,
      async ({ port }) => {
        const leftMs = Date.parse('2099-12-31T23:59:59Z') - systemTools.clock.wallMs();
        const soon = await ask(port, {}, { expiresWithinMs: leftMs + DAY_MS });
        const days = Math.floor(leftMs / DAY_MS);
        assert.deepEqual(soon, {
          ok: true,
          detail: `warning: certificate ends in ${days} d, on 2099-12-31; TLSv1.3`,
        });
        assert.deepEqual(await ask(port, {}, { expiresWithinMs: leftMs - DAY_MS }), {
          ok: true,
          detail: 'TLSv1.3, certificate until 2099-12-31',
        });
      },
      { tls: certificates.valid },
    );
  });

  it('asks for a protocol and insists on it', async () => {
    await withServer(
      silent,
      async ({ port }) => assert.equal((await ask(port, {}, { alpn: 'h2' })).ok, true),
      { tls: { ...certificates.valid, ALPNProtocols: ['h2'] } },
    );
    await withServer(
      silent,
      async ({ port }) =>
        assert.deepEqual(
          await ask(port, {}, { alpn: 'h2' }),
          failed(port, 'handshake: the server did not agree to the protocol h2'),
        ),
      { tls: certificates.valid },
    );
  });

  it('shows a certificate of its own where one is asked for', async () => {
    const tls = { ...certificates.valid, ca: authorities, requestCert: true, rejectUnauthorized: true };
    const client = { certificate: certificates.valid.cert, privateKey: certificates.valid.key };
    const ok = answering('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
    await withServer(
      ok,
      async ({ port, accepted }) => {
        const https = (own: TlsSettings['client']): Promise<ProbeResult> => {
          const settings = {
            ...httpSettings,
            type: 'https' as const,
            host: 'shop.example',
            tls: { verify: true, authorities, client: own },
          };
          return probe(new HttpChecker(plainSockets, { address: '127.0.0.1', port }, settings));
        };
        assert.deepEqual(await https(client), { ok: true, detail: 'status 200' });
        assert.equal(accepted(), 1);
        const without = await https(null);
        assert.match(
          'reason' in without ? without.reason : '',
          /certificate required|ECONNRESET|other side closed/,
        );
      },
      { tls },
    );
  });

  it('names the phase and reason of what goes wrong before', async () => {
    const port = await closedPort();
    assert.deepEqual(await ask(port), failed(port, 'connect: ECONNREFUSED'));
    const cases: [(socket: Socket) => void, string, number?][] = [
      [(socket) => void socket.end('SSH-2.0-OpenSSH_9.2\r\n'), 'handshake: wrong version number'],
      [silent, 'handshake: timeout after 100ms', 100],
      [(socket) => void socket.once('data', () => socket.resetAndDestroy()), 'handshake: ECONNRESET'],
    ];
    for (const [serve, reason, timeoutMs] of cases)
      await withServer(serve, async (server) => {
        assert.deepEqual(await ask(server.port, {}, {}, timeoutMs), failed(server.port, reason));
        await server.idle();
      });
  });
});
