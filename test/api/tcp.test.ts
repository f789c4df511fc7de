import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ApiFixture, errorOf, readToEnd } from './support/api-fixture.js';

describe('the read-only TCP listener', () => {
  let api: ApiFixture;
  before(async () => {
    api = await ApiFixture.start();
  });
  after(() => api.close());

  for (const path of ['/healthz', '/readyz', '/metrics', '/api/v1/status', '/api/v1/events'])
    it(`answers GET and HEAD ${path}, for no other origin and no cache`, async () => {
      const get = await api.overTcp(path);
      assert.equal(get.status, 200);
      assert.notEqual(get.text, '');
      const head = await api.overTcp(path, { method: 'HEAD' });
      assert.equal(head.status, 200);
      assert.equal(head.text, '');
      assert.equal(head.headers['content-type'], get.headers['content-type']);
      assert.equal(get.headers['access-control-allow-origin'], undefined);
      assert.equal(get.headers['cache-control'], 'no-store');
      assert.equal(get.headers['x-content-type-options'], 'nosniff');
      assert.match(String(get.headers['content-security-policy']), /default-src 'none'/);
    });

  it('does not open a stream for HEAD', async () => {
    let opened = 0;
    const before = api.operations.metricsSource;
    api.operations.metricsSource = () => {
      opened++;
      return before();
    };
    await api.overTcp('/metrics', { method: 'HEAD' });
    await api.overTcp('/api/v1/events?follow=1', { method: 'HEAD' });
    assert.equal(opened, 0);
    assert.equal(api.operations.events.subscribers, 0);
    api.operations.metricsSource = before;
  });

  for (const path of ['/api/v1/plan', '/api/v1/connections', '/api/v1/reload', '/api/v1/weight'])
    it(`does not have ${path}`, async () => {
      const answer = await api.overTcp(path);
      assert.equal(answer.status, 404);
      assert.deepEqual(errorOf(answer), {
        code: 'ERR_API_NOT_FOUND',
        message: `find ${path}: it is answered on the control socket only`,
      });
    });

  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'])
    for (const path of ['/metrics', '/api/v1/reload', '/nowhere'])
      it(`refuses ${method} ${path}`, async () => {
        const answer = await api.overTcp(path, { method });
        assert.equal(answer.status, 405);
        assert.equal(answer.headers.allow, 'GET, HEAD');
        assert.equal(errorOf(answer).code, 'ERR_API_METHOD');
        assert.deepEqual(api.operations.asked, []);
      });

  it('answers an unknown path with a JSON 404 that repeats nothing', async () => {
    const answer = await api.overTcp('/<script>?q=1');
    assert.equal(answer.status, 404);
    assert.match(answer.headers['content-type'] ?? '', /^application\/json/);
    assert.doesNotMatch(answer.text, /script/);
  });

  for (const host of ['evil.example', 'evil.example:9410', '127.0.0.1.nip.io', '10.0.0.1'])
    it(`refuses the Host ${host} before it looks at anything else`, async () => {
      for (const path of ['/metrics', '/nowhere']) {
        const answer = await api.overTcp(path, { headers: { host } });
        assert.equal(answer.status, 403);
        const { code, message } = errorOf(answer);
        assert.equal(code, 'ERR_API_HOST');
        assert.match(
          message,
          /^answer request: Host "[^"]+" is not this listener: ask for localhost, 127\.0\.0\.1 or D/,
        );
      }
    });

  it('answers to localhost, to its address and to the name of the director, with any port', async () => {
    const named = ['director-a.example', 'DIRECTOR-A.example:9410'];
    for (const host of ['localhost', 'localhost:1', '127.0.0.1', '[::1]:9410', ...named])
      assert.equal((await api.overTcp('/healthz', { headers: { host } })).status, 200, host);
  });

  it('is not talked into another host by an absolute address in the request line', async () => {
    const socket = api.bareTcp();
    socket.end('GET http://evil.example/metrics HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n');
    assert.match(await readToEnd(socket), /^HTTP\/1\.1 403 /);
  });

  it('refuses a request without a Host header', async () => {
    for (const version of ['1.0', '1.1']) {
      const socket = api.bareTcp();
      socket.end(`GET /metrics HTTP/${version}\r\n\r\n`);
      assert.match(await readToEnd(socket), /^HTTP\/1\.1 4(00|03) /);
    }
  });
});
