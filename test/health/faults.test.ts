/**
 * Faults of servers, each against a check as the file has it: the right verdict, at the right time, for the right reason,
 * and nothing left open.
 */
import assert from 'node:assert/strict';
import { decode, encode, type Packet } from 'dns-packet';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createChecker } from '../../src/health/checkers/create-checker.js';
import type { ProbeResult } from '../../src/health/types.js';
import { loadText } from '../support/config-text.js';
import { skipWithout } from '../support/require-tool.js';
import { createCertificates, type TestCertificates } from './support/certificates.js';
import { withDatagramServer } from './support/datagram-server.js';
import { leavesNothingOpen } from './support/descriptors.js';
import { answering, closedPort, probe, withServer } from './support/loopback.js';
import { withStoppedListener } from './support/stopped-listener.js';

const TIMEOUT_MS = 300;

/** Probes 127.0.0.1 once, as a file with this check would, at most for the timeout. */
async function judge(check: string, port: number): Promise<{ result: ProbeResult; tookMs: number }> {
  const { model } = await loadText(
    `services: [{ name: s, address: 192.0.2.1:80, servers: [127.0.0.1:${port}], check: ${check} }]`,
  );
  const [service] = model.services;
  const [parsed] = service?.checks ?? [];
  const [server] = service?.servers ?? [];
  assert.ok(parsed !== undefined && server !== undefined);
  const checker = createChecker(parsed, server);
  const began = performance.now();
  const result = await leavesNothingOpen(async () => {
    const found = await probe(checker, TIMEOUT_MS);
    return { found, tookMs: performance.now() - began };
  });
  return { result: result.found, tookMs: result.tookMs };
}

interface Fault {
  readonly name: string;
  readonly check: string;
  /** Runs `use` beside the faulty server. */
  readonly beside: (use: (port: number) => Promise<void>) => Promise<void>;
  /** `up`, or the end of the reason. */
  readonly verdict: RegExp;
  /** The failure is noticed at once, or when the timeout is over. */
  readonly when: 'at once' | 'at the timeout';
}

const tcp =
  (serve: (socket: Socket) => void): Fault['beside'] =>
  (use) =>
    withServer(serve, async ({ port, idle }) => {
      await use(port);
      await idle();
    });
const udp =
  (answer: (datagram: Buffer) => readonly Buffer[]): Fault['beside'] =>
  (use) =>
    withDatagramServer(answer, ({ port }) => use(port));
const nobody: Fault['beside'] = async (use) => use(await closedPort());
const stopped: Fault['beside'] = (use) => withStoppedListener(({ port }) => use(port));
const blackHole: Fault['beside'] = (use) =>
  withStoppedListener(async (listener) => {
    await listener.fill();
    await use(listener.port);
  });
/** Nothing of the network is asked. */
const alone: Fault['beside'] = (use) => use(9);

function dnsReply(query: Buffer, changes: Packet): Buffer {
  const { id = 0, questions = [] } = decode(query);
  return encode({ type: 'response', id, questions, answers: [], ...changes });
}

const silent = (): void => undefined;
const page = (head: string, body = ''): string =>
  `HTTP/1.1 ${head}\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
const drip = (piece: string) => (socket: Socket) => {
  const timer = setInterval(() => socket.write(piece), 20);
  socket.once('close', () => clearInterval(timer));
};
const PING = "{ type: tcp, send: 'PING\\r\\n', expect: +PONG }";
const DNS = '{ type: dns, name: shop.example, answer: 192.0.2.1 }';

const faults: readonly Fault[] = [
  {
    name: 'a port on which nobody listens',
    check: '{ type: tcp }',
    beside: nobody,
    verdict: /ECONNREFUSED$/,
    when: 'at once',
  },
  {
    name: 'a black hole',
    check: '{ type: tcp }',
    beside: blackHole,
    verdict: /^connect .*: timeout after 300ms$/,
    when: 'at the timeout',
  },
  {
    name: 'a black hole, asked by http',
    check: '{ type: http }',
    beside: blackHole,
    verdict: /: connect: timeout after 300ms$/,
    when: 'at the timeout',
  },
  {
    name: 'a process that stands still, whose kernel takes connections',
    check: '{ type: tcp }',
    beside: stopped,
    verdict: /^up: connected$/,
    when: 'at once',
  },
  {
    name: 'a process that stands still, asked by http',
    check: '{ type: http }',
    beside: stopped,
    verdict: /: response: timeout after 300ms$/,
    when: 'at the timeout',
  },
  {
    name: 'a greeting that comes too late',
    check: "{ type: tcp, expect: '220 ' }",
    beside: tcp((socket) => void setTimeout(() => socket.write('220 late'), 600).unref()),
    verdict: /^answer of .*: timeout after 300ms, got nothing$/,
    when: 'at the timeout',
  },
  {
    name: 'the wrong answer',
    check: PING,
    beside: tcp(answering('-LOADING\r\n')),
    verdict: /connection closed without "\+PONG", got "-LOADING\\r\\n"$/,
    when: 'at once',
  },
  {
    name: 'an answer that comes byte by byte',
    check: PING,
    beside: tcp(drip('.')),
    verdict: /: timeout after 300ms, got "\.+"$/,
    when: 'at the timeout',
  },
  {
    name: 'a flood instead of an answer',
    check: PING,
    beside: tcp((socket) => void socket.write('x'.repeat(1_000_000))),
    verdict: /no "\+PONG" in the first 1024 bytes/,
    when: 'at once',
  },
  {
    name: 'a reset within the answer',
    check: PING,
    beside: tcp((socket) => void socket.once('data', () => socket.resetAndDestroy())),
    verdict: /ECONNRESET, got nothing$/,
    when: 'at once',
  },
  {
    name: 'the wrong status',
    check: '{ type: http, path: "/a?secret=1" }',
    beside: tcp(answering(page('500 No'))),
    verdict: /^GET http:\/\/127\.0\.0\.1:\d+\/a: status 500, expected 200-299$/,
    when: 'at once',
  },
  {
    name: 'a redirection',
    check: '{ type: http }',
    beside: tcp(answering(page('301 Moved\r\nlocation: /'))),
    verdict: /status 301, expected 200-299$/,
    when: 'at once',
  },
  {
    name: 'headers that never end',
    check: '{ type: http }',
    beside: tcp((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      drip('a: b\r\n')(socket);
    }),
    verdict: /: response: timeout after 300ms$/,
    when: 'at the timeout',
  },
  {
    name: 'a body that stops',
    check: '{ type: http }',
    beside: tcp((socket) => void socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nab')),
    verdict: /: body: timeout after 300ms$/,
    when: 'at the timeout',
  },
  {
    name: 'a body that comes byte by byte',
    check: '{ type: http }',
    beside: tcp((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n');
      drip('x')(socket);
    }),
    verdict: /: body: timeout after 300ms$/,
    when: 'at the timeout',
  },
  {
    name: 'a body that is cut',
    check: '{ type: http }',
    beside: tcp(answering('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nab')),
    verdict: /: body: /,
    when: 'at once',
  },
  {
    name: 'half a connection: the server ends its side at once',
    check: '{ type: http }',
    beside: tcp((socket) => void socket.end()),
    verdict: /: response: other side closed$/,
    when: 'at once',
  },
  {
    name: 'garbage instead of HTTP',
    check: '{ type: http }',
    beside: tcp(answering('\x00\x01\x02 garbage\r\n\r\n')),
    verdict: /: response: /,
    when: 'at once',
  },
  {
    name: 'a page of an error with the right status',
    check: '{ type: http, expect_body: /^ready/ }',
    beside: tcp(answering(page('200 OK', 'maintenance'))),
    verdict: /no \/\^ready\/ in the body, got "maintenance"$/,
    when: 'at once',
  },
  {
    name: 'JSON that says down',
    check: '{ type: http, expect_json: { path: $.status, value: UP } }',
    beside: tcp(answering(page('200 OK', '{"status":"DOWN"}'))),
    verdict: /JSON \$\.status: "DOWN", expected "UP"$/,
    when: 'at once',
  },
  {
    name: 'a body without end, where one is expected',
    check: '{ type: http, expect_body: ready }',
    beside: tcp((socket) => void socket.write(`HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(200_000)}`)),
    verdict: /no "ready" in the first 65536 bytes of the body/,
    when: 'at once',
  },
  {
    name: 'text instead of TLS',
    check: '{ type: tls }',
    beside: tcp((socket) => void socket.end('220 hello\r\n')),
    verdict: /handshake: wrong version number$/,
    when: 'at once',
  },
  {
    name: 'a handshake that nobody answers',
    check: '{ type: https }',
    beside: tcp(silent),
    verdict: /: TLS: timeout after 300ms$/,
    when: 'at the timeout',
  },
  {
    name: 'a UDP port on which nobody listens',
    check: '{ type: udp, send: x }',
    beside: nobody,
    verdict: /^udp .*: ECONNREFUSED$/,
    when: 'at once',
  },
  {
    name: 'a UDP server that keeps silent',
    check: '{ type: udp, send: x }',
    beside: udp(() => []),
    verdict: /: timeout after 300ms$/,
    when: 'at the timeout',
  },
  {
    name: 'a DNS server that knows no such name',
    check: DNS,
    beside: udp((query) => [dnsReply(query, { flags: 3 })]),
    verdict: /NXDOMAIN, expected NOERROR$/,
    when: 'at once',
  },
  {
    name: 'a DNS server that fails',
    check: DNS,
    beside: udp((query) => [dnsReply(query, { flags: 2 })]),
    verdict: /SERVFAIL, expected NOERROR$/,
    when: 'at once',
  },
  {
    name: 'a DNS server with the wrong address',
    check: DNS,
    beside: udp((query) => [
      dnsReply(query, { answers: [{ type: 'A', name: 'shop.example', data: '192.0.2.11' }] }),
    ]),
    verdict: /no record is "192\.0\.2\.1", got 192\.0\.2\.11$/,
    when: 'at once',
  },
  {
    name: 'garbage instead of DNS, with the right id',
    check: DNS,
    beside: udp((query) => [Buffer.concat([query.subarray(0, 2), Buffer.alloc(30, 0xff)])]),
    verdict: /malformed answer: /,
    when: 'at once',
  },
  {
    name: 'a DNS server that keeps silent',
    check: DNS,
    beside: udp(() => []),
    verdict: /shop\.example A: timeout after 300ms$/,
    when: 'at the timeout',
  },
  {
    name: 'a mail server that refuses service',
    check: '{ type: smtp }',
    beside: tcp((socket) => void socket.end('554 go away\r\n')),
    verdict: /banner: 554 go away, expected 220$/,
    when: 'at once',
  },
  {
    name: 'a mail server that does not greet',
    check: '{ type: smtp }',
    beside: tcp(silent),
    verdict: /banner: timeout after 300ms$/,
    when: 'at the timeout',
  },
  {
    name: 'a program that says no',
    check: '{ type: exec, command: [/bin/false] }',
    beside: alone,
    verdict: /^exec \/bin\/false: exit code 1$/,
    when: 'at once',
  },
  {
    name: 'a program that hangs',
    check: "{ type: exec, command: [/bin/sleep, '60'] }",
    beside: alone,
    verdict: /^exec \/bin\/sleep: timeout after 300ms$/,
    when: 'at the timeout',
  },
  {
    name: 'nobody who tells',
    check: '{ type: external }',
    beside: alone,
    verdict: /no result was told yet$/,
    when: 'at once',
  },
];

function verdictOf(result: ProbeResult): string {
  return 'reason' in result ? result.reason : `up: ${result.detail}`;
}

async function assertFault({ check, beside, verdict, when }: Fault): Promise<void> {
  await beside(async (port) => {
    const { result, tookMs } = await judge(check, port);
    assert.match(verdictOf(result), verdict);
    assert.equal(tookMs < TIMEOUT_MS - 1, when === 'at once', `after ${tookMs} ms`);
    assert.ok(tookMs < TIMEOUT_MS + 250, `after ${tookMs} ms`);
  });
}

describe('faults of servers', () => {
  for (const fault of faults) it(`meets ${fault.name} ${fault.when}`, () => assertFault(fault));

  it('meets a flag of maintenance, by the address of the server', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lvsd-test-flag-'));
    try {
      const check = `{ type: file, path: '${folder}/{address}' }`;
      assert.equal(verdictOf((await judge(check, 80)).result), 'up: no flag');
      writeFileSync(join(folder, '127.0.0.1'), 'disk change\n');
      assert.equal(
        verdictOf((await judge(check, 80)).result),
        `file ${folder}/127.0.0.1: is there: disk change`,
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('faults of certificates', { skip: skipWithout('openssl', 'apt-get install openssl') }, () => {
  let certificates: TestCertificates;
  before(() => {
    certificates = createCertificates();
  });
  after(() => certificates.remove());

  const cases = [
    {
      name: 'one that has ended',
      which: 'expired',
      host: 'shop.example',
      trusted: true,
      verdict: /certificate has expired$/,
    },
    {
      name: 'one for another name',
      which: 'valid',
      host: 'evil.example',
      trusted: true,
      verdict: /Host: evil\.example\. is not in/,
    },
    {
      name: 'one of an unknown authority',
      which: 'valid',
      host: 'shop.example',
      trusted: false,
      verdict: /unable to verify the first certificate$/,
    },
  ] as const;
  for (const { name, which, host, trusted, verdict } of cases)
    it(`meets ${name} at once`, async () => {
      const ca = trusted ? `, ca_file: ${certificates.authorityFile}` : '';
      const beside: Fault['beside'] = (use) =>
        withServer(answering(page('200 OK')), ({ port }) => use(port), { tls: certificates[which] });
      await assertFault({
        name,
        check: `{ type: https, host: ${host}${ca} }`,
        beside,
        verdict,
        when: 'at once',
      });
      await assertFault({
        name,
        check: `{ type: tls, server_name: ${host}${ca} }`,
        beside,
        verdict,
        when: 'at once',
      });
    });
});
