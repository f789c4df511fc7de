/** Each type of check in the file: what it becomes, what is refused, and that secrets of it are shown nowhere. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError } from '../../../src/config/load.js';
import type { ActiveCheck } from '../../../src/model/health-check.js';
import { loadText } from '../../support/config-text.js';

function file(check: string, more = ''): string {
  return `services: [{ name: web, address: 192.0.2.10:80, servers: [10.0.1.11:8080], check: ${check}${more} }]`;
}

async function parsed(
  check: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<ActiveCheck> {
  const { model } = await loadText(file(check), { environment });
  const [found] = model.services[0]?.checks ?? [];
  assert.ok(found);
  return found;
}

/** The check without its times. */
async function content(check: string): Promise<object> {
  const { timing: _timing, ...rest } = await parsed(check);
  return rest;
}

async function refusal(
  check: string,
  more = '',
  environment: Readonly<Record<string, string>> = {},
): Promise<{ rules: string[]; report: string }> {
  try {
    await loadText(file(check, more), { environment });
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return { rules: error.problems.map(({ rule }) => rule), report: error.report({ color: false }) };
  }
  return { rules: [], report: '' };
}

const tls = { verify: true, authorities: null, client: null };

describe('a check of type', () => {
  const defaults: Readonly<Record<string, object>> = {
    '{ type: tcp }': { type: 'tcp', port: null, send: null, expect: null, maxBytes: 1024 },
    '{ type: tls }': {
      type: 'tls',
      port: null,
      tls: { ...tls, serverName: null },
      expiresWithinMs: 336 * 3_600_000,
      alpn: null,
    },
    '{ type: http }': {
      type: 'http',
      port: null,
      method: 'GET',
      path: '/',
      host: null,
      headers: {},
      expectStatus: [{ first: 200, last: 299 }],
      expectBody: null,
      expectJson: null,
      tls,
      basicAuth: null,
    },
    '{ type: udp, port: 53 }': { type: 'udp', port: 53, send: '', expect: null, reply: 'required' },
    '{ type: dns, port: 53, name: Example.org. }': {
      type: 'dns',
      port: 53,
      name: 'Example.org',
      queryType: 'A',
      rcode: 'NOERROR',
      answer: null,
      transport: 'udp',
      recursion: true,
    },
    '{ type: icmp }': { type: 'icmp', payloadBytes: 56 },
    '{ type: smtp }': { type: 'smtp', port: null, heloName: 'localhost', startTls: null },
    '{ type: smtp, starttls: true }': {
      type: 'smtp',
      port: null,
      heloName: 'localhost',
      startTls: { ...tls, serverName: null },
    },
    '{ type: exec, command: [/bin/true, a b] }': { type: 'exec', port: null, command: ['/bin/true', 'a b'] },
    '{ type: file, path: "/run/{name}" }': { type: 'file', path: '/run/{name}', mode: 'flag' },
    '{ type: external }': { type: 'external', ttlMs: 30_000 },
  };
  for (const [check, expected] of Object.entries(defaults))
    it(`${check} has its defaults`, async () => assert.deepEqual(await content(check), expected));

  it('tcp sends bytes with escapes and expects a text or a pattern', async () => {
    const { send, expect } = (await parsed(
      "{ type: tcp, send: 'a\\r\\n\\t\\0\\\\\\x00\\xffä', expect: '\\/x' }",
    )) as { send: string; expect: unknown };
    assert.equal(send, 'a\r\n\t\0\\\x00\xff\xc3\xa4');
    assert.deepEqual(expect, { literal: '/x' });
    const pattern = (await parsed("{ type: tcp, expect: '/^a/b$/i' }")) as { expect: unknown };
    assert.deepEqual(pattern.expect, { regex: '^a/b$', ignoreCase: true });
  });

  it('http reads paths into JSON, and values of every kind', async () => {
    for (const [path, steps] of [
      ['$', []],
      ['$.a-b[0]["c d"]', ['a-b', 0, 'c d']],
    ] as const)
      for (const value of ['UP', '1', 'true', 'null', '"1"']) {
        const check = (await parsed(`{ type: http, expect_json: { path: '${path}', value: ${value} } }`)) as {
          expectJson: unknown;
        };
        const equals = { value: value === 'UP' ? 'UP' : (JSON.parse(value) as unknown) };
        assert.deepEqual(check.expectJson, { path: steps, equals });
      }
  });

  const bad: Readonly<Record<string, string>> = {
    "{ type: tcp, expect: '/a(/' }": 'bad-pattern',
    "{ type: tcp, expect: '/(a)\\1/' }": 'bad-pattern',
    "{ type: tcp, expect: '/a(?=b)/' }": 'bad-pattern',
    "{ type: tcp, expect: '/usr' }": 'bad-pattern',
    "{ type: tcp, expect: '' }": 'bad-expectation',
    "{ type: tcp, expect: 'a\\q' }": 'bad-bytes',
    "{ type: tcp, send: 'a\\x4' }": 'bad-bytes',
    '{ type: tcp, max_bytes: 65537 }': 'out-of-range',
    '{ type: http, expect_json: { path: a.b } }': 'bad-json-path',
    '{ type: http, expect_json: { path: "$..a" } }': 'bad-json-path',
    '{ type: http, expect_json: { path: $.a, value: [1] } }': 'wrong-type',
    '{ type: http, method: HEAD, expect_body: x }': 'body-without',
    '{ type: http, ca_file: /etc/x }': 'tls-without',
    '{ type: https, cert_file: /nonexistent/x }': 'tls-client',
    '{ type: https, ca_file: /nonexistent/x }': 'tls-file',
    '{ type: https, ca_file: /etc/passwd }': 'tls-file',
    '{ type: http, headers: { Host: x } }': 'bad-header',
    '{ type: http, headers: { "a b": x } }': 'bad-header',
    '{ type: http, headers: { A: x, a: y } }': 'bad-header',
    '{ type: http, headers: { A: "x\\ny" } }': 'bad-header',
    '{ type: http, headers: { A: "\u20ac" } }': 'bad-header',
    '{ type: http, headers: { Keep-Alive: "timeout=5" } }': 'bad-header',
    '{ type: http, headers: { A: 1 } }': 'wrong-type',
    '{ type: http, headers: { Authorization: Bearer hunter2 } }': 'secret-literal',
    '{ type: dns }': 'missing-key',
    '{ type: dns, name: a..b }': 'bad-dns-name',
    '{ type: dns, name: a.example, query_type: ANY }': 'not-allowed',
    '{ type: icmp, payload_bytes: 15 }': 'out-of-range',
    '{ type: icmp, port: 80 }': 'misplaced-key',
    '{ type: smtp, helo_name: "a\\r\\nQUIT" }': 'bad-host',
    '{ type: exec, command: [] }': 'list-length',
    '{ type: exec, command: [bin/true] }': 'exec-path',
    '{ type: exec, command: [/nonexistent/x] }': 'exec-path',
    '{ type: exec, command: [/etc] }': 'exec-path',
    '{ type: file, path: flag }': 'bad-path',
    '{ type: external, ttl: 10ms }': 'duration-range',
  };
  for (const [check, rule] of Object.entries(bad))
    it(`${check} is refused by ${rule}`, async () => {
      const { rules } = await refusal(check);
      assert.ok(rules.includes(rule), rules.join(', '));
    });

  it('whose program nobody may execute is refused with the cure', async () => {
    const { rules, report } = await refusal('{ type: exec, command: [/etc/passwd] }');
    assert.deepEqual(rules, ['exec-path']);
    assert.match(report, /"\/etc\/passwd" is no program: nobody may execute it/);
    assert.match(report, /chmod \+x \/etc\/passwd/);
  });

  it('that asks a port in another protocol is refused or warned of', async () => {
    const udp = ', protocol: udp';
    for (const type of ['http', 'https', 'tls', 'smtp'])
      assert.deepEqual((await refusal(`{ type: ${type} }`, udp)).rules, ['check-protocol'], type);
    for (const check of ['{ type: udp }', '{ type: dns, name: a.example }']) {
      const { warnings } = await loadText(file(check));
      assert.deepEqual(
        warnings.map(({ rule }) => rule),
        ['check-protocol'],
        check,
      );
      const { warnings: none } = await loadText(file(check, udp));
      assert.deepEqual(none, [], check);
    }
  });
});

describe('secrets of a check', () => {
  const environment = { TOKEN: 'hunter2' };

  it('reach the probe and stay out of what is shown', async () => {
    const check = (await parsed('{ type: http, headers: { Authorization: "${TOKEN}" } }', environment)) as {
      headers: unknown;
    };
    assert.deepEqual(check.headers, { authorization: 'hunter2' });
  });

  it('are blanked in the excerpts of a report', async () => {
    for (const check of [
      "{ type: tcp, send: 'AUTH hunter2\\q', expect: x }",
      "{ type: tcp, send: 'AUTH hunter2', nonsense: 1 }",
      '{ type: http, headers: { X-Token: hunter2 } }',
      '{ type: http, headers: { X: hunter2 }, nonsense: 1 }',
    ]) {
      const { rules, report } = await refusal(check);
      assert.ok(rules.length > 0 && !report.includes('hunter2'), report);
    }
  });

  it('do not change the digest, but what services are compared by', async () => {
    const load = (text: string) => loadText(file(text), { environment });
    const digestOf = async (text: string): Promise<string> => (await load(text)).digest;
    const printOf = async (text: string) => [...(await load(text)).fingerprints.values()].join();
    assert.equal(await digestOf('{ type: tcp, send: a }'), await digestOf('{ type: tcp, send: b }'));
    assert.notEqual(await digestOf('{ type: tcp, expect: a }'), await digestOf('{ type: tcp, expect: b }'));
    assert.notEqual(await printOf('{ type: tcp, send: a }'), await printOf('{ type: tcp, send: b }'));
    assert.equal(await printOf('{ type: tcp, send: a }'), await printOf('{ send: a, type: tcp }'));
    assert.doesNotMatch(await printOf('{ type: tcp, send: hunter2 }'), /hunter2/);
  });
});
