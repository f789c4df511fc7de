import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { describe, it } from 'node:test';
import { HttpChecker, type HttpSettings } from '../../src/health/checkers/http.js';
import type { ProbeResult } from '../../src/health/types.js';
import { plainSockets } from '../../src/health/net/sockets.js';
import { answering, closedPort, probe, withServer } from './support/loopback.js';
import { httpSettings } from './support/settings.js';

function checker(port: number, changes: Partial<HttpSettings> = {}, address = '127.0.0.1'): HttpChecker {
  return new HttpChecker(plainSockets, { address, port }, { ...httpSettings, ...changes });
}

/** The reason of a failed probe; an empty text for a good one. */
function reason(result: ProbeResult): string {
  return result.ok ? '' : result.reason;
}

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

/** Sends `piece` again and again until the probe goes away. */
function flooding(head: string, piece: string): (socket: Socket) => void {
  return (socket) => {
    socket.write(head);
    const more = (): void => {
      while (!socket.destroyed && socket.write(piece));
    };
    socket.on('drain', more);
    more();
  };
}

describe('HttpChecker', () => {
  for (const address of ['127.0.0.1', '::1'])
    it(`is content with an expected status from ${address}`, async () => {
      await withServer(
        answering(OK),
        async ({ port, idle }) => {
          assert.deepEqual(await probe(checker(port, {}, address)), { ok: true, detail: 'status 200' });
          await idle();
        },
        { host: address },
      );
    });

  it('asks for the path, under the host, once, on a connection of its own', async () => {
    await withServer(answering(OK), async (server) => {
      await probe(checker(server.port, { path: '/a?b=c', host: 'shop.example' }));
      const [line, ...headers] = server.received().split('\r\n');
      assert.equal(line, 'GET /a?b=c HTTP/1.1');
      assert.ok(headers.includes('host: shop.example'), server.received());
      assert.ok(headers.includes('connection: close'), server.received());
      await probe(checker(server.port));
      assert.equal(server.accepted(), 2);
      assert.ok(server.received().includes(`host: 127.0.0.1:${server.port}`));
    });
  });

  it('names an unexpected status and what was expected', async () => {
    await withServer(answering('HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n'), async ({ port }) => {
      const url = `http://127.0.0.1:${port}/healthz`;
      assert.equal(reason(await probe(checker(port))), `GET ${url}: status 503, expected 200-299`);
      const some = [
        { first: 200, last: 200 },
        { first: 300, last: 399 },
      ];
      const other = await probe(checker(port, { expectStatus: some }));
      assert.equal(reason(other), `GET ${url}: status 503, expected 200, 300-399`);
    });
  });

  it('does not follow redirects', async () => {
    await withServer(
      answering('HTTP/1.1 302 Found\r\nlocation: /login\r\ncontent-length: 0\r\n\r\n'),
      async (server) => {
        assert.match(reason(await probe(checker(server.port))), /status 302, expected 200-299$/);
        assert.equal(server.accepted(), 1);
      },
    );
  });

  it('sends basic authentication and never prints it, nor the query string', async () => {
    const basicAuth = { username: 'checker', password: 'hunter2:ü' };
    const refused = answering('HTTP/1.1 401 No\r\ncontent-length: 0\r\n\r\n');
    await withServer(refused, async (server) => {
      const result = reason(await probe(checker(server.port, { basicAuth, path: '/x?token=hunter2' })));
      const sent = Buffer.from('checker:hunter2:ü').toString('base64');
      assert.ok(server.received().includes(`authorization: Basic ${sent}\r\n`));
      assert.equal(result, `GET http://127.0.0.1:${server.port}/x: status 401, expected 200-299`);
    });
  });

  it('names the phase and reason of a connection that fails', async () => {
    const port = await closedPort();
    const url = `GET http://127.0.0.1:${port}/healthz`;
    assert.equal(reason(await probe(checker(port))), `${url}: connect: ECONNREFUSED`);
  });

  const bad: { name: string; serve: (socket: Socket) => void; reason: RegExp }[] = [
    { name: 'closes without an answer', serve: answering(''), reason: /response: other side closed$/ },
    {
      name: 'resets',
      serve: (socket) => socket.once('data', () => socket.resetAndDestroy()),
      reason: /response: ECONNRESET$/,
    },
    {
      name: 'speaks another protocol',
      serve: answering('SSH-2.0-OpenSSH_9.2\r\n'),
      reason: /response: .*Expected HTTP/,
    },
    {
      name: 'cuts its body short',
      serve: answering('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok'),
      reason: /body: /,
    },
    {
      name: 'switches to another protocol',
      serve: answering('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'),
      reason: /response: bad upgrade$/,
    },
    {
      name: 'breaks its own framing',
      serve: answering('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\nzz\r\n'),
      reason: /body: Response does not match the HTTP\/1.1 protocol \(Invalid character in chunk size\)$/,
    },
    {
      name: 'sends headers without end',
      serve: flooding('HTTP/1.1 200 OK\r\n', `x-flood: ${'a'.repeat(1000)}\r\n`),
      reason: /response: Headers Overflow/,
    },
    {
      name: 'sends interim answers without end',
      serve: flooding('', 'HTTP/1.1 103 Early Hints\r\n\r\n'),
      reason: /response: too many interim answers$/,
    },
  ];
  for (const { name, serve, reason: expected } of bad)
    it(`fails a server that ${name}`, async () => {
      await withServer(serve, async ({ port, idle }) => {
        assert.match(reason(await probe(checker(port))), expected);
        await idle();
      });
    });

  const slow: { name: string; serve: (socket: Socket) => void; phase: string }[] = [
    { name: 'never answers', serve: () => undefined, phase: 'response' },
    {
      name: 'stops within its headers',
      serve: (socket) => socket.write('HTTP/1.1 200 OK\r\nx-a: b\r\n'),
      phase: 'response',
    },
    {
      name: 'stops within its body',
      serve: (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok'),
      phase: 'body',
    },
  ];
  for (const { name, serve, phase } of slow)
    it(`gives up a server that ${name} at the timeout`, async () => {
      await withServer(serve, async ({ port, idle }) => {
        const result = reason(await probe(checker(port), 100));
        assert.equal(result, `GET http://127.0.0.1:${port}/healthz: ${phase}: timeout after 100ms`);
        await idle();
      });
    });

  it('reads no more than a little of an endless body', async () => {
    const head = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';
    const chunk = `2000\r\n${'b'.repeat(0x2000)}\r\n`;
    await withServer(flooding(head, chunk), async ({ port, idle }) => {
      assert.deepEqual(await probe(checker(port)), { ok: true, detail: 'status 200' });
      await idle();
    });
  });

  it('leaves no descriptor after hundreds of probes', async () => {
    await withServer(answering(OK), async ({ port, idle }) => {
      for (let round = 0; round < 20; round++)
        await Promise.all(Array.from({ length: 10 }, () => probe(checker(port))));
      await idle();
      const sockets = process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap');
      assert.deepEqual(sockets, []);
    });
  });
});
