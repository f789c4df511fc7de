import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HttpChecker, type HttpSettings } from '../../src/health/checkers/http.js';
import { plainSockets } from '../../src/health/net/sockets.js';
import { leavesNothingOpen } from './support/descriptors.js';
import { answering, probe, withServer } from './support/loopback.js';
import { httpSettings } from './support/settings.js';

function page(body: string, status = '200 OK'): string {
  return `HTTP/1.1 ${status}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/** `up`, or the reason without its subject. */
async function judge(answer: string, changes: Partial<HttpSettings>): Promise<string> {
  let verdict = '';
  await withServer(answering(answer), async ({ port }) => {
    const checker = new HttpChecker(
      plainSockets,
      { address: '127.0.0.1', port },
      { ...httpSettings, ...changes },
    );
    const result = await leavesNothingOpen(() => probe(checker));
    verdict = 'reason' in result ? result.reason.replace(/^.*\/healthz: /, '') : 'up';
  });
  return verdict;
}

const status = (value: string | number | boolean | null) => ({
  expectJson: { path: ['status'], equals: { value } },
});

describe('HttpChecker with an expected body', () => {
  const cases: { name: string; answer: string; changes: Partial<HttpSettings>; verdict: string }[] = [
    {
      name: 'the text',
      answer: page('all is ready'),
      changes: { expectBody: { literal: 'ready' } },
      verdict: 'up',
    },
    {
      name: 'the pattern, letters of both cases',
      answer: page('status: READY'),
      changes: { expectBody: { regex: 'status: ready$', ignoreCase: true } },
      verdict: 'up',
    },
    {
      name: 'another text',
      answer: page('starting'),
      changes: { expectBody: { literal: 'ready' } },
      verdict: 'status 200, no "ready" in the body, got "starting"',
    },
    {
      name: 'no body',
      answer: page(''),
      changes: { expectBody: { literal: 'ready' } },
      verdict: 'status 200, no "ready" in the body, got nothing',
    },
    {
      name: 'the text behind the limit',
      answer: page(`${'x'.repeat(70_000)}ready`),
      changes: { expectBody: { literal: 'ready' } },
      verdict: `status 200, no "ready" in the first 65536 bytes of the body, got "${'x'.repeat(60)}"...`,
    },
    {
      name: 'the right text with the wrong status',
      answer: page('ready', '503 No'),
      changes: { expectBody: { literal: 'ready' } },
      verdict: 'status 503, expected 200-299',
    },
    { name: 'the JSON value', answer: page('{"status":"UP"}'), changes: status('UP'), verdict: 'up' },
    { name: 'null, which is a value', answer: page('{"status":null}'), changes: status(null), verdict: 'up' },
    {
      name: 'another JSON value',
      answer: page('{"status":"DOWN"}'),
      changes: status('UP'),
      verdict: 'status 200, JSON $.status: "DOWN", expected "UP"',
    },
    {
      name: 'a value of another type',
      answer: page('{"status":"1"}'),
      changes: status(1),
      verdict: 'status 200, JSON $.status: "1", expected 1',
    },
    {
      name: 'an object where a value is expected',
      answer: page('{"status":{"a":1}}'),
      changes: status('UP'),
      verdict: 'status 200, JSON $.status: an object, expected "UP"',
    },
    {
      name: 'a name that is only inherited',
      answer: page('{}'),
      changes: { expectJson: { path: ['constructor'], equals: null } },
      verdict: 'status 200, JSON $.constructor: is not there',
    },
    {
      name: 'a position behind the end',
      answer: page('{"nodes":[1]}'),
      changes: { expectJson: { path: ['nodes', 1, 'up'], equals: null } },
      verdict: 'status 200, JSON $.nodes[1]: is not there',
    },
    {
      name: 'the length of a list, which is no member',
      answer: page('[1]'),
      changes: { expectJson: { path: ['length'], equals: null } },
      verdict: 'status 200, JSON $.length: is not there',
    },
    {
      name: 'a page that is no JSON',
      answer: page('<html>'),
      changes: status('UP'),
      verdict: 'status 200, the body is no JSON',
    },
    {
      name: 'an empty page',
      answer: page(' '),
      changes: status('UP'),
      verdict: 'status 200, the body is empty, no JSON',
    },
    {
      name: 'very deep JSON',
      answer: page('['.repeat(60_000)),
      changes: status('UP'),
      verdict: 'status 200, the body is no JSON',
    },
    {
      name: 'too much JSON',
      answer: page(JSON.stringify({ status: 'UP', more: 'x'.repeat(70_000) })),
      changes: status('UP'),
      verdict: 'status 200, a body of more than 65536 bytes is not read as JSON',
    },
  ];
  for (const { name, answer, changes, verdict } of cases)
    it(`meets ${name}`, async () => assert.equal(await judge(answer, changes), verdict));
});

describe('HttpChecker and its request', () => {
  for (const method of ['HEAD', 'OPTIONS', 'POST'] as const)
    it(`asks by ${method}`, async () => {
      const answer = method === 'HEAD' ? 'HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n' : page('ok');
      await withServer(answering(answer), async ({ port, received }) => {
        const checker = new HttpChecker(
          plainSockets,
          { address: '127.0.0.1', port },
          { ...httpSettings, method },
        );
        assert.deepEqual(await probe(checker), { ok: true, detail: 'status 200' });
        assert.ok(received().startsWith(`${method} /healthz HTTP/1.1\r\n`), received());
      });
    });

  it("sends further headers, which win over lvsd's", async () => {
    await withServer(answering(page('ok')), async ({ port, received }) => {
      const headers = { 'X-Probe': 'a b', 'user-agent': 'me' };
      await probe(
        new HttpChecker(plainSockets, { address: '127.0.0.1', port }, { ...httpSettings, headers }),
      );
      assert.ok(received().includes('\r\nx-probe: a b\r\n'), received());
      assert.ok(received().includes('\r\nuser-agent: me\r\n') && !received().includes('lvsd'), received());
    });
  });
});
