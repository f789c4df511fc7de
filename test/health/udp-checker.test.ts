import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { systemTools } from '../../src/health/checkers/tools.js';
import { UdpChecker, type UdpSettings } from '../../src/health/checkers/udp.js';
import type { ProbeResult } from '../../src/health/types.js';
import { withDatagramServer } from './support/datagram-server.js';
import { leavesNothingOpen } from './support/descriptors.js';
import { closedPort, probe } from './support/loopback.js';
import { udpSettings } from './support/settings.js';

function ask(
  port: number,
  changes: Partial<UdpSettings> = {},
  timeoutMs?: number,
  address = '127.0.0.1',
): Promise<ProbeResult> {
  const checker = new UdpChecker(systemTools, { address, port }, { ...udpSettings, ...changes });
  return leavesNothingOpen(() => probe(checker, timeoutMs));
}

describe('UdpChecker', () => {
  for (const address of ['127.0.0.1', '::1'])
    it(`sends the datagram and is content with any answer from ${address}`, async () => {
      await withDatagramServer(
        () => ['pong'],
        async ({ port, received }) => {
          const result = await ask(port, { send: 'a\x00\xff' }, undefined, address);
          assert.deepEqual(result, { ok: true, detail: 'answered 4 bytes' });
          assert.deepEqual(received(), [Buffer.from([0x61, 0, 0xff])]);
        },
        address,
      );
    });

  it('looks into the first answer alone', async () => {
    await withDatagramServer(
      () => ['nope', 'pong'],
      async ({ port }) => {
        assert.deepEqual(await ask(port, { expect: { literal: 'pong' } }), {
          ok: false,
          reason: `udp 127.0.0.1:${port}: no "pong" in the answer, got "nope"`,
        });
        assert.deepEqual(await ask(port, { expect: { regex: '^no', ignoreCase: false } }), {
          ok: true,
          detail: 'answered /^no/',
        });
      },
    );
  });

  it('takes no standstill of the director for the server’s silence', async () => {
    const port = await closedPort();
    const result = ask(port, { reply: 'optional', silenceMs: 50 }, 2000);
    await setImmediate();
    const endMs = performance.now() + 120;
    while (performance.now() < endMs);
    assert.deepEqual(await result, { ok: false, reason: `udp 127.0.0.1:${port}: ECONNREFUSED` });
  });

  for (const address of ['127.0.0.1', '::1'])
    for (const reply of ['required', 'optional'] as const)
      it(`fails at once where nobody listens on ${address}, with an answer ${reply}`, async () => {
        const port = await closedPort();
        const began = performance.now();
        const result = await ask(port, { reply, silenceMs: 4000 }, 5000, address);
        const endpoint = address === '::1' ? `[::1]:${port}` : `127.0.0.1:${port}`;
        assert.deepEqual(result, { ok: false, reason: `udp ${endpoint}: ECONNREFUSED` });
        assert.ok(performance.now() - began < 2000);
      });

  it('takes silence for a failure, unless the file says otherwise', async () => {
    await withDatagramServer(
      () => [],
      async ({ port }) => {
        const reason = `udp 127.0.0.1:${port}: timeout after 80ms`;
        assert.deepEqual(await ask(port, {}, 80), { ok: false, reason });
        assert.deepEqual(await ask(port, { reply: 'optional', silenceMs: 30 }), {
          ok: true,
          detail: 'no answer, and nobody said that there is no such port',
        });
      },
    );
  });

  it('judges an answer although it is optional', async () => {
    await withDatagramServer(
      () => ['bad'],
      async ({ port }) => {
        const result = await ask(port, { reply: 'optional', silenceMs: 4000, expect: { literal: 'good' } });
        assert.deepEqual(result, {
          ok: false,
          reason: `udp 127.0.0.1:${port}: no "good" in the answer, got "bad"`,
        });
      },
    );
  });

  it('fails with the reason of the abort, also when it came first', async () => {
    const abort = new AbortController();
    abort.abort(new Error('timeout after 1s'));
    const checker = new UdpChecker(systemTools, { address: '127.0.0.1', port: 9 }, udpSettings);
    assert.deepEqual(await leavesNothingOpen(() => checker.probe(abort.signal)), {
      ok: false,
      reason: 'udp 127.0.0.1:9: timeout after 1s',
    });
  });

  it('keeps little of a flood', async () => {
    await withDatagramServer(
      () => Array.from({ length: 1000 }, () => 'x'.repeat(1000)),
      async ({ port }) => assert.deepEqual(await ask(port), { ok: true, detail: 'answered 1000 bytes' }),
    );
  });
});
