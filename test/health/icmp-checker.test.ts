import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { IcmpChecker } from '../../src/health/checkers/icmp.js';
import { openPing, type EchoReply, type Ping } from '../../src/health/net/ping.js';
import { plainSockets, type ProbeSockets } from '../../src/health/net/sockets.js';
import { seededRandom } from '../support/random.js';
import { skipOrFail } from '../support/require-tool.js';
import { leavesNothingOpen } from './support/descriptors.js';
import { probe } from './support/loopback.js';

/** False where this user may ping; else the reason. */
async function cannotPing(): Promise<false | string> {
  try {
    (await openPing('127.0.0.1', 1)).close();
    return false;
  } catch (error) {
    return skipOrFail(
      'ping',
      `${String(error)}; cure: run as root, or sysctl net.ipv4.ping_group_range="0 2147483647"`,
    );
  }
}

/** Answers of a host that a test decides; `later` come when the probe has begun to wait. */
class ScriptedPing implements Ping {
  closed = 0;
  sent: { sequence: number; payload: Uint8Array } | null = null;
  #replies: (EchoReply | Error)[] = [];
  readonly #answer: (sequence: number, payload: Uint8Array) => readonly (EchoReply | Error)[];
  #wake: () => void = () => undefined;

  constructor(answer: (sequence: number, payload: Uint8Array) => readonly (EchoReply | Error)[]) {
    this.#answer = answer;
  }

  send(sequence: number, payload: Uint8Array): void {
    this.sent = { sequence, payload };
    this.#replies = [...this.#answer(sequence, payload)];
    if (this.#replies.length > 0) setImmediate(() => this.#wake());
  }

  receive(): EchoReply | null {
    const next = this.#replies.shift();
    if (next instanceof Error) throw next;
    return next ?? null;
  }

  onReadable(callback: () => void): void {
    this.#wake = callback;
  }

  close(): void {
    this.closed++;
  }
}

function checkerOver(ping: ScriptedPing): IcmpChecker {
  const sockets: ProbeSockets = { ...plainSockets, ping: () => Promise.resolve(ping) };
  const random = seededRandom(7);
  return new IcmpChecker({ sockets, random: () => random.next() }, '192.0.2.1', 16);
}

describe('IcmpChecker', () => {
  it('takes the reply with its sequence number and payload, and passes over others', async () => {
    const ping = new ScriptedPing((sequence, payload) => [
      { sequence: (sequence + 1) & 0xffff, payload },
      { sequence, payload: payload.slice(0, -1) },
      { sequence, payload: payload.map((byte) => byte ^ 1) },
      { sequence, payload },
    ]);
    assert.deepEqual(await probe(checkerOver(ping)), { ok: true, detail: 'echo reply' });
    assert.equal(ping.closed, 1);
    assert.equal(ping.sent?.payload.length, 16);
  });

  it('counts replies that are not its own for the reason of a timeout', async () => {
    const ping = new ScriptedPing((sequence, payload) => [{ sequence, payload: payload.slice(1) }]);
    assert.deepEqual(await probe(checkerOver(ping), 50), {
      ok: false,
      reason: 'icmp 192.0.2.1: timeout after 50ms, 1 replies with another sequence number or payload',
    });
    assert.equal(ping.closed, 1);
  });

  it('lets the loop turn while a host floods', async () => {
    const flood = new ScriptedPing((sequence, payload) => [{ sequence, payload }]);
    let received = 0;
    flood.receive = (): EchoReply | null => {
      if (++received > 10_000) throw new Error('the loop does not turn');
      return { sequence: 0, payload: new Uint8Array(16) };
    };
    assert.deepEqual(await probe(checkerOver(flood), 50), {
      ok: false,
      reason: `icmp 192.0.2.1: timeout after 50ms, ${received} replies with another sequence number or payload`,
    });
  });

  it('fails at once with an ICMP error', async () => {
    const unreachable = Object.assign(new Error('recvmsg'), { details: { errno: 'EHOSTUNREACH' } });
    const ping = new ScriptedPing(() => [unreachable]);
    assert.deepEqual(await probe(checkerOver(ping)), { ok: false, reason: 'icmp 192.0.2.1: EHOSTUNREACH' });
    assert.equal(ping.closed, 1);
  });

  it('sends nothing when the abort came first', async () => {
    const ping = new ScriptedPing(() => []);
    const abort = new AbortController();
    abort.abort(new Error('timeout after 1s'));
    assert.deepEqual(await checkerOver(ping).probe(abort.signal), {
      ok: false,
      reason: 'icmp 192.0.2.1: timeout after 1s',
    });
    assert.deepEqual([ping.sent, ping.closed], [null, 1]);
  });
});

describe('IcmpChecker by the kernel', { skip: await cannotPing() }, () => {
  for (const address of ['127.0.0.1', '::1'])
    it(`is answered by ${address}`, async () => {
      const random = seededRandom(process.pid);
      const tools = { sockets: plainSockets, random: () => random.next() };
      for (const payloadBytes of [16, 56, 1472]) {
        const checker = new IcmpChecker(tools, address, payloadBytes);
        assert.deepEqual(await leavesNothingOpen(() => probe(checker)), { ok: true, detail: 'echo reply' });
      }
    });

  it('tells many probes of one host apart', async () => {
    const random = seededRandom(process.pid + 1);
    const tools = { sockets: plainSockets, random: () => random.next() };
    const results = await leavesNothingOpen(() =>
      Promise.all(Array.from({ length: 50 }, () => probe(new IcmpChecker(tools, '127.0.0.1', 32)))),
    );
    assert.deepEqual(
      results.filter(({ ok }) => ok !== true),
      [],
    );
  });
});
