import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { describe, it } from 'node:test';
import { TcpChecker, type TcpSettings } from '../../src/health/checkers/tcp.js';
import { plainSockets } from '../../src/health/net/sockets.js';
import type { ProbeResult } from '../../src/health/types.js';
import { leavesNothingOpen } from './support/descriptors.js';
import { answering, probe, withServer } from './support/loopback.js';
import { tcpSettings } from './support/settings.js';

const PONG = { literal: '+PONG\r\n' };

function ask(port: number, changes: Partial<TcpSettings>, timeoutMs?: number): Promise<ProbeResult> {
  const target = { address: '127.0.0.1', port };
  return leavesNothingOpen(() =>
    probe(new TcpChecker(plainSockets, target, { ...tcpSettings, ...changes }), timeoutMs),
  );
}

describe('TcpChecker with an expected answer', () => {
  for (const address of ['127.0.0.1', '::1'])
    it(`sends, and is content with the answer from ${address}`, async () => {
      await withServer(
        answering('+PONG\r\nmore'),
        async (server) => {
          const settings = { send: 'PING\r\n', expect: PONG, maxBytes: 1024 };
          const checker = new TcpChecker(plainSockets, { address, port: server.port }, settings);
          assert.deepEqual(await probe(checker), { ok: true, detail: 'answered "+PONG\\r\\n"' });
          await server.idle();
          assert.equal(server.received(), 'PING\r\n');
        },
        { host: address },
      );
    });

  it('sends bytes as they are', async () => {
    await withServer(answering('\x00ok'), async (server) => {
      await ask(server.port, { send: '\x00\xff\x80', expect: { literal: '\x00ok' } });
      assert.equal(server.received(), '\x00\xff\x80');
    });
  });

  it('finds an answer that comes in pieces, by pattern too', async () => {
    const greet = (socket: Socket): void => {
      socket.write('220 ma');
      socket.once('data', () => socket.end('il ESMTP\r\n'));
      setImmediate(() => socket.write(''));
    };
    await withServer(greet, async ({ port }) => {
      const expect = { regex: '^220 mail e?smtp', ignoreCase: true };
      assert.deepEqual(await ask(port, { send: 'x', expect }), {
        ok: true,
        detail: 'answered /^220 mail e?smtp/i',
      });
    });
  });

  const bad: {
    name: string;
    serve: (socket: Socket) => void;
    changes: Partial<TcpSettings>;
    reason: string;
  }[] = [
    {
      name: 'answers something else and closes',
      serve: answering('-ERR \x01no\r\n'),
      changes: { send: 'x', expect: PONG },
      reason: 'connection closed without "+PONG\\r\\n", got "-ERR \\x01no\\r\\n"',
    },
    {
      name: 'closes without a word',
      serve: (socket) => socket.end(),
      changes: { expect: PONG },
      reason: 'connection closed without "+PONG\\r\\n", got nothing',
    },
    {
      name: 'resets',
      serve: (socket) => socket.once('data', () => socket.resetAndDestroy()),
      changes: { send: 'x', expect: PONG },
      reason: 'ECONNRESET, got nothing',
    },
    {
      name: 'floods',
      serve: (socket) => void socket.write('z'.repeat(100_000)),
      changes: { expect: PONG, maxBytes: 100 },
      reason: `no "+PONG\\r\\n" in the first 100 bytes, got "${'z'.repeat(60)}"...`,
    },
  ];
  for (const { name, serve, changes, reason } of bad)
    it(`fails a server that ${name}`, async () => {
      await withServer(serve, async ({ port, idle }) => {
        assert.deepEqual(await ask(port, changes), {
          ok: false,
          reason: `answer of 127.0.0.1:${port}: ${reason}`,
        });
        await idle();
      });
    });

  it('gives up at the timeout, with what came until then', async () => {
    await withServer(
      (socket) => void socket.write('+PO'),
      async ({ port, idle }) => {
        const reason = `answer of 127.0.0.1:${port}: timeout after 80ms, got "+PO"`;
        assert.deepEqual(await ask(port, { expect: PONG }, 80), { ok: false, reason });
        await idle();
      },
    );
  });

  it('is not held up by a pattern that others take exponential time for', async () => {
    await withServer(
      (socket) => void socket.end('a'.repeat(60_000)),
      async ({ port }) => {
        const began = performance.now();
        const result = await ask(port, {
          expect: { regex: '(a|a)*(a+)+$b', ignoreCase: false },
          maxBytes: 65_536,
        });
        assert.equal(result.ok, false);
        assert.ok(performance.now() - began < 3000, `${performance.now() - began} ms`);
      },
    );
  });
});
