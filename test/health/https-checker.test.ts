import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { HttpChecker, type HttpSettings } from '../../src/health/checkers/http.js';
import type { ProbeResult } from '../../src/health/types.js';
import { skipWithout } from '../support/require-tool.js';
import { createCertificates, type TestCertificates } from './support/certificates.js';
import { plainSockets } from '../../src/health/net/sockets.js';
import { answering, probe, withServer } from './support/loopback.js';
import { httpSettings } from './support/settings.js';

const settings: HttpSettings = { ...httpSettings, type: 'https', path: '/', host: 'shop.example' };
const unverified = { ...httpSettings.tls, verify: false };
const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';
const probeOnce = fileURLToPath(new URL('support/probe-once.ts', import.meta.url));

/** Probes in a process that trusts the test's authority: Node reads extra authorities only when it starts. */
async function probeTrusting(
  authorityFile: string,
  port: number,
  changes: Partial<HttpSettings>,
): Promise<ProbeResult> {
  const words = ['--import', 'tsx', probeOnce, String(port), JSON.stringify({ ...settings, ...changes })];
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: authorityFile };
  const { stdout } = await promisify(execFile)(process.execPath, words, { env });
  return JSON.parse(stdout) as ProbeResult;
}

describe('HttpChecker with https', { skip: skipWithout('openssl', 'apt-get install openssl') }, () => {
  let certificates: TestCertificates;
  before(() => {
    certificates = createCertificates();
  });
  after(() => certificates.remove());

  const check = (port: number, changes: Partial<HttpSettings> = {}): Promise<ProbeResult> =>
    probe(new HttpChecker(plainSockets, { address: '127.0.0.1', port }, { ...settings, ...changes }));
  const failed = (port: number, reason: string): ProbeResult => ({
    ok: false,
    reason: `GET https://127.0.0.1:${port}/: TLS: ${reason}`,
  });

  it('sends the host as server name and verifies nothing when told so', async () => {
    const names: string[] = [];
    const tls = {
      ...certificates.valid,
      SNICallback: (name: string, done: (error: null) => void) => {
        names.push(name);
        done(null);
      },
    };
    await withServer(
      answering(OK),
      async (server) => {
        assert.deepEqual(await check(server.port, { tls: unverified }), { ok: true, detail: 'status 200' });
        await check(server.port, { tls: unverified, host: 'other.example:8443' });
        await check(server.port, { tls: unverified, host: '192.0.2.7' });
        await check(server.port, { tls: unverified, host: null });
        assert.deepEqual(names, ['shop.example', 'other.example']);
        assert.ok(server.received().includes('host: other.example:8443'));
        await server.idle();
      },
      { tls },
    );
  });

  it('refuses an unknown authority and an ended certificate', async () => {
    await withServer(
      answering(OK),
      async ({ port }) =>
        assert.deepEqual(await check(port), failed(port, 'unable to verify the first certificate')),
      { tls: certificates.valid },
    );
    await withServer(
      answering(OK),
      async ({ port }) =>
        assert.deepEqual(
          await probeTrusting(certificates.authorityFile, port, {}),
          failed(port, 'certificate has expired'),
        ),
      { tls: certificates.expired },
    );
  });

  it('accepts a trusted certificate of the right name or address and no other', async () => {
    await withServer(
      answering(OK),
      async ({ port }) => {
        const under = (host: string | null): Promise<ProbeResult> =>
          probeTrusting(certificates.authorityFile, port, { host });
        const results = await Promise.all([under('shop.example'), under(null), under('evil.example')]);
        assert.deepEqual(results.slice(0, 2), Array(2).fill({ ok: true, detail: 'status 200' }));
        assert.match(JSON.stringify(results[2]), /TLS: Host: evil\.example\. is not in the cert's altnames/);
      },
      { tls: certificates.valid },
    );
  });

  it('names the phase when the server speaks no TLS or hangs in the handshake', async () => {
    await withServer(
      (socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'),
      async ({ port }) => assert.deepEqual(await check(port), failed(port, 'wrong version number')),
    );
    await withServer(
      () => undefined,
      async ({ port, idle }) => {
        const checker = new HttpChecker(plainSockets, { address: '127.0.0.1', port }, settings);
        assert.deepEqual(await probe(checker, 100), failed(port, 'timeout after 100ms'));
        await idle();
      },
    );
    await withServer(
      (socket) => void once(socket, 'data').then(() => socket.end()),
      async ({ port }) => assert.match(JSON.stringify(await check(port)), /TLS: (ECONNRESET|.*disconnected)/),
    );
  });
});
