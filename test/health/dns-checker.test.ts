import assert from 'node:assert/strict';
import { decode, encode, type Packet } from 'dns-packet';
import type { Socket } from 'node:net';
import { describe, it } from 'node:test';
import { DnsChecker, type DnsSettings } from '../../src/health/checkers/dns.js';
import { systemTools } from '../../src/health/checkers/tools.js';
import type { ProbeResult } from '../../src/health/types.js';
import { withDatagramServer } from './support/datagram-server.js';
import { leavesNothingOpen } from './support/descriptors.js';
import { closedPort, probe, withServer } from './support/loopback.js';
import { dnsSettings } from './support/settings.js';

function ask(
  port: number,
  changes: Partial<DnsSettings> = {},
  timeoutMs?: number,
  address = '127.0.0.1',
): Promise<ProbeResult> {
  const checker = new DnsChecker(systemTools, { address, port }, { ...dnsSettings, ...changes });
  return leavesNothingOpen(() => probe(checker, timeoutMs));
}

/** The answer to `query`; `changes` may be wrong. */
function reply(query: Buffer, changes: Packet = {}): Buffer {
  const { id = 0, questions = [] } = decode(query);
  const answers = [{ type: 'A', name: 'shop.example', data: '192.0.2.1' }] as const;
  return encode({ type: 'response', id, questions, answers: [...answers], ...changes });
}

const NXDOMAIN = 3;
const TRUNCATED = 1 << 9;

/** Serves messages behind their length. */
function overTcp(answer: (query: Buffer) => Buffer): (socket: Socket) => void {
  return (socket) => {
    socket.once('data', (bytes) => {
      const message = answer(bytes.subarray(2));
      const length = Buffer.alloc(2);
      length.writeUInt16BE(message.length);
      socket.write(length);
      socket.end(message);
    });
  };
}

describe('DnsChecker', () => {
  for (const address of ['127.0.0.1', '::1'])
    it(`is content with a record of the type from ${address}`, async () => {
      await withDatagramServer(
        (query) => [reply(query)],
        async ({ port, received }) => {
          const result = await ask(port, {}, undefined, address);
          assert.deepEqual(result, { ok: true, detail: 'NOERROR, 192.0.2.1' });
          const asked = decode(received()[0] ?? Buffer.alloc(0));
          assert.deepEqual(asked.questions, [{ name: 'shop.example', type: 'A', class: 'IN' }]);
          assert.equal(asked.flag_rd, true);
        },
        address,
      );
    });

  it('asks for no recursion when told so, and for the root', async () => {
    await withDatagramServer(
      (query) => [reply(query, { answers: [{ type: 'NS', name: '.', data: 'a.example' }] })],
      async ({ port, received }) => {
        const result = await ask(port, { name: '.', queryType: 'NS', recursion: false });
        assert.deepEqual(result, { ok: true, detail: 'NOERROR, a.example' });
        assert.equal(decode(received()[0] ?? Buffer.alloc(0)).flag_rd, false);
      },
    );
  });

  const records: { type: DnsSettings['queryType']; data: unknown; text: string }[] = [
    { type: 'AAAA', data: '2001:db8::1', text: '2001:db8::1' },
    { type: 'MX', data: { preference: 10, exchange: 'mail.example' }, text: '10 mail.example' },
    { type: 'SRV', data: { priority: 1, weight: 2, port: 3, target: 'a.example' }, text: '1 2 3 a.example' },
    { type: 'TXT', data: ['v=1 ', 'ok'], text: 'v=1 ok' },
    { type: 'CNAME', data: 'b.example', text: 'b.example' },
    { type: 'PTR', data: 'c.example', text: 'c.example' },
    {
      type: 'SOA',
      data: { mname: 'a', rname: 'b', serial: 7, refresh: 1, retry: 2, expire: 3, minimum: 4 },
      text: 'a b 7 1 2 3 4',
    },
  ];
  for (const { type, data, text } of records)
    it(`compares the content of ${type}`, async () => {
      const answers = [{ type, name: 'shop.example', data }] as unknown as NonNullable<Packet['answers']>;
      await withDatagramServer(
        (query) => [reply(query, { answers })],
        async ({ port }) => {
          const good = await ask(port, { queryType: type, answer: { literal: text.toUpperCase() } });
          assert.deepEqual(good, { ok: true, detail: `NOERROR, ${text}` });
          const bad = await ask(port, { queryType: type, answer: { literal: text.slice(0, -1) } });
          assert.deepEqual(bad, {
            ok: false,
            reason: `dns 127.0.0.1:${port} shop.example ${type}: no record is "${text.slice(0, -1)}", got ${text}`,
          });
        },
      );
    });

  const wrong: {
    name: string;
    answers: (query: Buffer) => Buffer[];
    changes?: Partial<DnsSettings>;
    reason: string;
  }[] = [
    {
      name: 'another code',
      answers: (query) => [reply(query, { flags: NXDOMAIN, answers: [] })],
      reason: 'NXDOMAIN, expected NOERROR',
    },
    {
      name: 'no record of the type',
      answers: (query) => [
        reply(query, { answers: [{ type: 'CNAME', name: 'shop.example', data: 'other.example' }] }),
      ],
      reason: 'NOERROR without a record of type A',
    },
    {
      name: 'an answer to another question',
      answers: (query) => [reply(query, { questions: [{ type: 'A', name: 'evil.example' }] })],
      reason: 'the answer is about another question',
    },
    {
      name: 'an answer about another type',
      answers: (query) => [reply(query, { questions: [{ type: 'AAAA', name: 'shop.example' }] })],
      reason: 'the answer is about another question',
    },
    { name: 'the query itself', answers: (query) => [query], reason: 'a query came back, no answer' },
    { name: 'a few bytes', answers: () => [Buffer.from('hello')], reason: '5 bytes are no DNS message' },
    {
      name: 'an answer that is cut',
      answers: (query) => [reply(query).subarray(0, -3)],
      reason: 'malformed answer: ',
    },
  ];
  for (const { name, answers, changes, reason } of wrong)
    it(`fails ${name}`, async () => {
      await withDatagramServer(answers, async ({ port }) => {
        const result = await ask(port, changes);
        assert.equal(result.ok, false);
        const expected = `dns 127.0.0.1:${port} shop.example A: ${reason}`;
        assert.equal('reason' in result && result.reason.slice(0, expected.length), expected);
      });
    });

  it('is content with the code that is expected, whatever it is', async () => {
    await withDatagramServer(
      (query) => [reply(query, { flags: NXDOMAIN, answers: [] })],
      async ({ port }) =>
        assert.deepEqual(await ask(port, { rcode: 'NXDOMAIN' }), { ok: true, detail: 'NXDOMAIN, no record' }),
    );
  });

  it('passes over answers with another id', async () => {
    const foreign = (query: Buffer): Buffer => {
      const bytes = reply(query, { flags: NXDOMAIN });
      bytes.writeUInt16BE((bytes.readUInt16BE(0) + 1) & 0xffff);
      return bytes;
    };
    await withDatagramServer(
      (query) => [foreign(query), reply(query)],
      async ({ port }) => assert.equal((await ask(port)).ok, true),
    );
    await withDatagramServer(
      (query) => [foreign(query), foreign(query)],
      async ({ port }) =>
        assert.deepEqual(await ask(port, {}, 80), {
          ok: false,
          reason: `dns 127.0.0.1:${port} shop.example A: timeout after 80ms, 2 answers with another id`,
        }),
    );
  });

  it('asks by TCP for what did not fit', async () => {
    await withServer(
      overTcp((query) => reply(query)),
      async ({ port }) => {
        assert.deepEqual(await ask(port, { transport: 'tcp' }), { ok: true, detail: 'NOERROR, 192.0.2.1' });
      },
    );
  });

  it('names the phase of TCP that failed after a truncated answer', async () => {
    await withDatagramServer(
      (query) => [reply(query, { flags: TRUNCATED, answers: [] })],
      async ({ port }) =>
        assert.deepEqual(await ask(port), {
          ok: false,
          reason: `dns 127.0.0.1:${port} shop.example A: tcp: connect: ECONNREFUSED`,
        }),
    );
  });

  it('fails a TCP answer that ends early, never ends, or is no message', async () => {
    const reasonOf = async (serve: (socket: Socket) => void): Promise<string> => {
      let found = '';
      await withServer(serve, async ({ port }) => {
        const result = await ask(port, { transport: 'tcp' }, 100);
        found = 'reason' in result ? result.reason.replace(/^.*shop\.example A: /, '') : '';
      });
      return found;
    };
    assert.equal(
      await reasonOf((socket) => void socket.end(Buffer.from([0, 20, 1]))),
      'tcp: connection closed within the answer, after 3 bytes',
    );
    assert.equal(
      await reasonOf((socket) => void socket.write(Buffer.from([0xff, 0xff, 1]))),
      'tcp: timeout after 100ms',
    );
    assert.equal(
      await reasonOf((socket) => void socket.write(Buffer.from([0, 2, 1, 1]))),
      'tcp: 2 bytes are no DNS message',
    );
  });

  it('fails at once where nobody listens', async () => {
    const port = await closedPort();
    assert.deepEqual(await ask(port), {
      ok: false,
      reason: `dns 127.0.0.1:${port} shop.example A: ECONNREFUSED`,
    });
  });
});
