import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, afterEach, before, describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { realClock, type Clock } from '../../src/base/clock.js';
import type { WebhookNotice } from '../../src/model/notice.js';
import type { NoticeBody } from '../../src/notices/content.js';
import { Courier } from '../../src/notices/courier.js';
import { WebhookSender } from '../../src/notices/webhook-sender.js';
import type { SendResult } from '../../src/notices/sender.js';
import { createCertificates, type TestCertificates } from '../health/support/certificates.js';
import { skipWithout } from '../support/require-tool.js';
import { notice, occurrence } from '../unit/notices/events.js';

const teller = { director: 'director-a', startedAtMs: 7 };

interface Got {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const open = new Set<Server>();

/** @param status of the answer to the n-th request, from 1 */
async function receiver(
  status: (request: number) => number,
  {
    tls,
    port = 0,
    headers = {},
  }: { tls?: { key: string; cert: string }; port?: number; headers?: Record<string, string> } = {},
) {
  const got: Got[] = [];
  const listener: RequestListener = (request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      got.push({ method: request.method, path: request.url, headers: request.headers, body });
      response.writeHead(status(got.length), headers).end('thanks');
    });
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  open.add(server);
  return { got, port: (server.address() as AddressInfo).port };
}

afterEach(() => {
  for (const server of open) {
    server.closeAllConnections();
    server.close();
  }
  open.clear();
});

function settings(url: string, changes: Partial<WebhookNotice> = {}): WebhookNotice {
  const { name, events, services, queue, timeoutMs, retryForMs } = notice({ name: 'hook' });
  const base = { name, events, services, queue, timeoutMs, retryForMs };
  return {
    ...base,
    type: 'webhook',
    url,
    headers: {},
    secret: null,
    tlsVerify: true,
    authorities: null,
    ...changes,
  };
}

async function send(to: WebhookNotice, signal = new AbortController().signal): Promise<SendResult> {
  const sender = new WebhookSender(to, teller);
  try {
    return await sender.send([occurrence(3)], 0, signal);
  } finally {
    sender.close();
  }
}

describe('WebhookSender', () => {
  it('posts the event as JSON, with the headers of the file and its own', async () => {
    const { got, port } = await receiver(() => 204);
    const url = `http://127.0.0.1:${port}/hooks?token=s3cret`;
    const result = await send(
      settings(url, { headers: { authorization: 'Bearer x', 'content-type': 'text/plain' } }),
    );
    assert.deepEqual(result, { ok: true, detail: 'HTTP 204' });
    const [request] = got;
    assert.ok(request);
    assert.deepEqual([request.method, request.path], ['POST', '/hooks?token=s3cret']);
    assert.equal(request.headers['content-type'], 'application/json; charset=utf-8');
    assert.equal(request.headers.authorization, 'Bearer x');
    assert.match(request.headers['user-agent'] ?? '', /^lvsd\/\d/);
    assert.equal(request.headers['x-lvsd-signature'], undefined);
    const body = JSON.parse(request.body) as NoticeBody;
    assert.deepEqual(
      [body.id, body.type, body.service, body.message],
      ['director-a-7-3', 'server-down', 'shop', 'm3'],
    );
  });

  it('signs the very bytes of the body', async () => {
    const { got, port } = await receiver(() => 200);
    await send(settings(`http://127.0.0.1:${port}/`, { secret: 'hunter2' }));
    const expected = createHmac('sha256', 'hunter2')
      .update(got[0]?.body ?? '')
      .digest('hex');
    assert.equal(got[0]?.headers['x-lvsd-signature'], `sha256=${expected}`);
  });

  for (const [status, retryable] of [
    [500, true],
    [503, true],
    [429, true],
    [408, true],
    [400, false],
    [404, false],
    [410, false],
  ] as const)
    it(`${retryable ? 'may try again' : 'gives up'} after HTTP ${status}`, async () => {
      const { port } = await receiver(() => status, { headers: { 'retry-after': '7' } });
      assert.deepEqual(await send(settings(`http://127.0.0.1:${port}/x?key=s3cret`)), {
        ok: false,
        reason: `post to http://127.0.0.1:${port}: HTTP ${status}`,
        retryable,
        retryAfterMs: 7000,
      });
    });

  it('follows no redirect', async () => {
    const { got, port } = await receiver(() => 302, { headers: { location: '/elsewhere' } });
    const result = await send(settings(`http://127.0.0.1:${port}/`));
    assert.match('reason' in result ? result.reason : '', /HTTP 302, redirects are not followed$/);
    assert.equal(got.length, 1);
  });

  it('says that nobody listens, and shows nothing of the path', async () => {
    const { port } = await receiver(() => 200);
    for (const server of open) server.close();
    const result = await send(settings(`http://127.0.0.1:${port}/s3cret`));
    assert.deepEqual(result, {
      ok: false,
      reason: `post to http://127.0.0.1:${port}: connect ECONNREFUSED 127.0.0.1:${port}`,
      retryable: true,
    });
  });

  it('ends with its signal', async () => {
    const server = createServer(() => undefined);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    open.add(server);
    const { port } = server.address() as AddressInfo;
    const abort = new AbortController();
    server.once('request', () => abort.abort(new Error('no end within 1s')));
    await assert.rejects(send(settings(`http://127.0.0.1:${port}/`), abort.signal), /no end within 1s/);
  });
});

describe('WebhookSender over TLS', { skip: skipWithout('openssl', 'apt-get install openssl') }, () => {
  let certificates: TestCertificates;
  before(() => (certificates = createCertificates()));
  after(() => certificates.remove());

  it('verifies the certificate, by the authorities of the file', async () => {
    const { port } = await receiver(() => 200, { tls: certificates.valid });
    const url = `https://127.0.0.1:${port}/`;
    const authorities = readFileSync(certificates.authorityFile, 'utf8');
    assert.equal((await send(settings(url, { authorities }))).ok, true);
    assert.equal((await send(settings(url, { tlsVerify: false }))).ok, true);
    const refused = await send(settings(url));
    assert.match('reason' in refused ? refused.reason : '', /certificate/);
  });

  it('says no more than a line of what a server calls itself', async () => {
    const names = Array.from({ length: 500 }, (_, index) => `DNS:name-${index}.example`);
    const words = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', '-'];
    const both = execFileSync(
      'openssl',
      ['req', '-x509', ...words, '-subj', '/CN=x', '-addext', `subjectAltName=${names.join(',')}`],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
    );
    const [key = '', cert = ''] = both.split(/(?=-----BEGIN CERTIFICATE)/);
    const { port } = await receiver(() => 200, { tls: { key, cert } });
    const result = await send(settings(`https://localhost:${port}/`, { authorities: cert }));
    const reason = 'reason' in result ? result.reason : '';
    assert.match(reason, /does not match certificate's altnames/);
    assert.ok(reason.length < 300, `${reason.length} characters`);
  });
});

describe('WebhookSender in the hands of a courier', () => {
  /** Whoever waits for the next attempt finds soon that the time has passed. */
  function hurried(): Clock {
    let skippedMs = 0;
    return {
      ...realClock,
      nowMs: () => realClock.nowMs() + skippedMs,
      after: (ms, callback, options) => {
        if (ms >= 10_000) return realClock.after(ms, callback, options);
        return realClock.after(2, () => {
          skippedMs += ms;
          callback();
        });
      },
    };
  }

  it('keeps the order though the receiver is away and then refuses', async () => {
    const { port } = await receiver(() => 200);
    for (const server of open) server.close();
    open.clear();
    const to = settings(`http://127.0.0.1:${port}/`);
    const told: string[] = [];
    const courier = new Courier(to, new WebhookSender(to, teller), {
      clock: hurried(),
      random: () => 0,
      tell: (type) => void told.push(type),
    });
    for (const seq of [1, 2, 3, 4]) courier.push(occurrence(seq));
    while (courier.status.failing === null) await setImmediate();
    assert.match(courier.status.failing, /ECONNREFUSED/);
    // Every second request is refused.
    const { got } = await receiver((request) => (request % 2 === 1 ? 500 : 200), { port });
    while (courier.status.queued > 0) await setImmediate();
    await courier.close(1000);
    assert.deepEqual(
      got.map(({ body }) => (JSON.parse(body) as NoticeBody).seq),
      [1, 1, 2, 2, 3, 3, 4, 4],
    );
    assert.deepEqual([courier.status.sent, courier.status.failed], [4, 0]);
  });
});
