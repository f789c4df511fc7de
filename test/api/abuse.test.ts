import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { seededRandom } from '../support/random.js';
import { ApiFixture, errorOf, readToEnd } from './support/api-fixture.js';
import { iterate } from './support/fake-operations.js';

describe('abuse over TCP', () => {
  let api: ApiFixture;
  before(async () => {
    api = await ApiFixture.start({
      limits: { maxConnections: 120, headersTimeoutMs: 150, requestTimeoutMs: 200, checkIntervalMs: 25 },
    });
  });
  after(() => api.close());

  async function send(bytes: string | Buffer): Promise<string> {
    const socket = api.bareTcp();
    const answer = readToEnd(socket);
    socket.write(bytes);
    return answer;
  }

  const malformed = [
    { name: 'garbage', bytes: '\u0000\u0001\u0002 what\r\n\r\n' },
    { name: 'a TLS hello', bytes: Buffer.from('16030100c8010000c40303', 'hex') },
    { name: 'a bad version', bytes: 'GET / HTTP/9.9\r\nHost: localhost\r\n\r\n' },
    { name: 'a bad header', bytes: 'GET / HTTP/1.1\r\nHost: localhost\r\nA B: c\r\n\r\n' },
    { name: 'a header with NUL', bytes: 'GET / HTTP/1.1\r\nHost: localhost\r\nA: \u0000\r\n\r\n' },
    {
      name: 'two lengths',
      bytes:
        'GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    },
  ];
  for (const { name, bytes } of malformed)
    it(`answers ${name} with 400 and hangs up`, async () => {
      const text = await send(bytes);
      assert.match(text, /^HTTP\/1\.1 400 Bad Request\r\n/);
      assert.match(text, /"code":"ERR_API_BAD_REQUEST"/);
      assert.doesNotMatch(text, /node_modules|at \w+ \(/);
    });

  it('answers huge headers with 431', async () => {
    const text = await send(`GET / HTTP/1.1\r\nHost: localhost\r\nA: ${'x'.repeat(9_000)}\r\n\r\n`);
    assert.match(text, /^HTTP\/1\.1 431 /);
    assert.match(text, /ERR_API_HEADERS_TOO_LARGE/);
  });

  it('answers a long path with 414', async () => {
    const answer = await api.overTcp(`/metrics?${'x'.repeat(3_000)}`);
    assert.equal(answer.status, 414);
    assert.equal(errorOf(answer).code, 'ERR_API_URL_TOO_LONG');
  });

  it('answers a path that cannot be decoded with 400', async () => {
    const answer = await api.overTcp('/%zz');
    assert.equal(answer.status, 400);
    assert.equal(errorOf(answer).code, 'ERR_API_BAD_REQUEST');
  });

  it('makes no tunnel and no upgrade', async () => {
    assert.equal(await send('CONNECT evil.example:80 HTTP/1.1\r\nHost: localhost\r\n\r\n'), '');
    const headers = { connection: 'upgrade', upgrade: 'websocket' };
    assert.equal((await api.overTcp('/healthz', { headers })).status, 200);
  });

  it('ends a request whose headers drip in', async () => {
    const socket = api.bareTcp();
    const answer = readToEnd(socket);
    socket.write('GET /metrics HTTP/1.1\r\nHost: localhost\r\nA: ');
    const text = await answer;
    assert.match(text, /^HTTP\/1\.1 408 /);
    assert.match(text, /ERR_API_REQUEST_TIMEOUT/);
  });

  it('survives random bytes', async () => {
    const random = seededRandom(20);
    const pieces = [
      'GET ',
      '/metrics',
      ' HTTP/1.1',
      '\r\n',
      'Host: localhost',
      ':',
      '\u0000',
      '%',
      '?a=',
      'POST ',
    ];
    await Promise.all(
      Array.from({ length: 60 }, async () => {
        const text = Array.from({ length: random.int(1, 12) }, () => random.pick(pieces)).join('');
        const socket = api.bareTcp();
        const answer = readToEnd(socket);
        socket.end(text);
        assert.doesNotMatch(await answer, /HTTP\/1\.1 5\d\d/);
      }),
    );
    assert.equal((await api.overTcp('/healthz')).status, 200);
  });

  it('works on one request of a connection at a time', async () => {
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    let asked = 0;
    api.operations.gate = () => {
      asked++;
      return gate;
    };
    const socket = api.bareTcp();
    const answer = readToEnd(socket);
    socket.write('GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(300));
    // Answered after the burst, so the burst has been read.
    while (asked === 0) await api.overTcp('/healthz');
    release();
    const text = await answer;
    api.operations.gate = () => Promise.resolve();
    assert.equal(asked, 1);
    assert.equal(text.match(/HTTP\/1\.1 200 OK/g)?.length, 1);
    assert.match(text, /HTTP\/1\.1 429 [^{]*connection: close[^{]*\{"error":\{"code":"ERR_API_PIPELINED"/);
  });

  it('answers request after request on one connection', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let times = 0; times < 20; times++)
      assert.equal((await api.overTcp('/metrics', { agent })).status, 200);
    agent.destroy();
  });

  it('serves a hundred scrapes at once', async () => {
    const chunk = 'lvsd_some_metric{service="shop"} 1\n'.repeat(200);
    const before = api.operations.metricsSource;
    api.operations.metricsSource = () => iterate(new Array<string>(20).fill(chunk));
    const answers = await Promise.all(Array.from({ length: 100 }, () => api.overTcp('/metrics')));
    for (const { status, text } of answers)
      assert.deepEqual([status, text.length], [200, chunk.length * 20], text.slice(0, 200));
    api.operations.metricsSource = before;
  });
});

describe('too many connections', () => {
  it('are closed at once, and the others go on', async () => {
    const api = await ApiFixture.start({ limits: { maxConnections: 2 } });
    const kept = [api.bareTcp(), api.bareTcp()];
    await Promise.all(kept.map((socket) => once(socket, 'connect')));
    assert.equal(await readToEnd(api.bareTcp()), '');
    assert.equal((await api.overSocket('/healthz')).status, 200);
    for (const socket of kept) socket.destroy();
    await api.close();
  });
});

describe('bad requests on the control socket', () => {
  let api: ApiFixture;
  before(async () => {
    api = await ApiFixture.start();
  });
  after(() => api.close());

  for (const [name, body] of [
    ['no body', ''],
    ['broken JSON', '{"force":'],
    ['a prototype', '{"force":true,"__proto__":{"x":1}}'],
    ['a constructor', '{"force":true,"constructor":{"prototype":{"x":1}}}'],
    ['an unknown field', '{"force":true,"exec":"/bin/sh"}'],
    ['a file path', '{"force":true,"file":"/etc/shadow"}'],
    ['a wrong type', '{"force":"yes"}'],
    ['an array', '[]'],
    ['deep nesting', `${'['.repeat(5_000)}${']'.repeat(5_000)}`],
  ] as const)
    it(`refuses ${name} with 400`, async () => {
      const answer = await api.post('/api/v1/reload', body);
      assert.equal(answer.status, 400);
      assert.equal(errorOf(answer).code, 'ERR_API_BAD_REQUEST');
      assert.deepEqual(api.operations.asked, []);
    });

  it('refuses a large body with 413', async () => {
    const answer = await api.post('/api/v1/weight', `{"server":"${'x'.repeat(20_000)}"}`);
    assert.equal(answer.status, 413);
    assert.equal(errorOf(answer).code, 'ERR_API_BODY_TOO_LARGE');
  });

  it('refuses a body that is not JSON with 415', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
      const headers = { 'content-type': type };
      const answer = await api.overSocket('/api/v1/reload', { method: 'POST', headers }, 'force=true');
      assert.equal(answer.status, 415);
      assert.equal(errorOf(answer).code, 'ERR_API_MEDIA_TYPE');
    }
  });

  it('names the methods that a path takes', async () => {
    const get = await api.overSocket('/api/v1/reload');
    assert.equal(get.status, 405);
    assert.equal(get.headers.allow, 'POST');
    const post = await api.post('/api/v1/status', '{}');
    assert.equal(post.status, 405);
    assert.equal(post.headers.allow, 'GET, HEAD');
  });

  it('refuses an unknown query parameter', async () => {
    const answer = await api.overSocket('/api/v1/connections?file=/etc/shadow');
    assert.equal(answer.status, 400);
    assert.match(errorOf(answer).message, /unknown field "file"/);
  });

  it('shows nothing of an unexpected error', async () => {
    api.operations.gate = () => Promise.reject(new TypeError('secret: /home/ann/key'));
    const answer = await api.overSocket('/api/v1/status');
    api.operations.gate = () => Promise.resolve();
    assert.equal(answer.status, 500);
    assert.deepEqual(errorOf(answer), {
      code: 'ERR_API_INTERNAL',
      message: "answer request: internal error, lvsd's log has the details",
    });
  });
});
