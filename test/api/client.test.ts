import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chown, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { ApiClient } from '../../src/api/client.js';
import { realClock } from '../../src/base/clock.js';
import { temporaryFolder, UID } from './support/api-fixture.js';

const ENDED = /: the connection to the director ended before the answer was whole; look with `lvsd status`/;

describe('ApiClient', () => {
  let folder: string;
  let path: string;
  let impostor: Server | null;
  let sockets: Socket[];

  beforeEach(async () => {
    folder = await temporaryFolder();
    path = join(folder, 'lvsd.sock');
    impostor = null;
    sockets = [];
  });
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    impostor?.close();
    await rm(folder, { recursive: true });
  });

  const client = (options: { uid?: number; timeoutMs?: number } = {}) =>
    new ApiClient(path, { clock: realClock, uid: UID, ...options });

  /** Something on the socket that answers every connection in its own way. */
  async function answerWith(answer: (socket: Socket) => void): Promise<void> {
    impostor = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => undefined);
      socket.once('data', () => answer(socket));
    });
    await once(impostor.listen(path), 'listening');
  }

  const httpAnswer = (status: string, body: string): string =>
    `HTTP/1.1 ${status}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

  it('says what to do when there is no socket', async () => {
    await assert.rejects(client().status(), {
      code: 'ERR_API_NO_DAEMON',
      message: `no lvsd answers on ${path}: there is no such socket; start it with \`lvsd run\`, or name another socket with --socket`,
    });
  });

  it('says so for a file that is no socket', async () => {
    await writeFile(path, '');
    await assert.rejects(client().status(), { code: 'ERR_API_NO_DAEMON', message: /it is not a socket/ });
  });

  it('refuses the socket of a stranger without connecting', async () => {
    let connected = false;
    await answerWith(() => (connected = true));
    if (UID === 0) await chown(path, 4711, 4711);
    const asker = UID === 0 ? 0 : UID + 1;
    await assert.rejects(client({ uid: asker }).status(), {
      code: 'ERR_API_SOCKET_OWNER',
      message: `connect to ${path}: it belongs to uid ${UID === 0 ? 4711 : UID}, neither to root nor to you`,
    });
    assert.equal(connected, false);
  });

  it('gives up on a silent answer', async () => {
    await answerWith(() => undefined);
    await assert.rejects(client({ timeoutMs: 20 }).status(), {
      code: 'ERR_API_TIMEOUT',
      message: `ask lvsd on ${path}: GET /api/v1/status was not answered within 20 ms`,
    });
  });

  it('gives up on an answer that stops in the middle', async () => {
    await answerWith((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{"re'));
    await assert.rejects(client({ timeoutMs: 30 }).status(), { code: 'ERR_API_TIMEOUT' });
  });

  it('does not give up on a stream that pauses', async () => {
    await answerWith((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n{"seq":1}\n');
      setTimeout(() => socket.end('{"seq":2}\n'), 60);
    });
    const seen: number[] = [];
    for await (const event of client({ timeoutMs: 20 }).followEvents()) seen.push(event.seq);
    assert.deepEqual(seen, [1, 2]);
  });

  it('aborts before, while waiting and while reading', async () => {
    await answerWith((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{"re'));
    await assert.rejects(client().status({ signal: AbortSignal.abort() }), { name: 'AbortError' });
    await assert.rejects(client().status({ signal: AbortSignal.timeout(20) }), { name: 'TimeoutError' });
  });

  for (const { name, answer, code } of [
    { name: 'no HTTP', answer: 'SSH-2.0-x\r\n', code: 'ERR_API_ANSWER' },
    { name: 'no JSON', answer: httpAnswer('200 OK', '<html>'), code: 'ERR_API_ANSWER' },
    { name: 'a refusal without a reason', answer: httpAnswer('502 Bad', '{}'), code: 'ERR_API_ANSWER' },
    {
      name: 'a refusal',
      answer: httpAnswer('409 Conflict', '{"error":{"code":"ERR_BUSY","message":"reload: busy"}}'),
      code: 'ERR_BUSY',
    },
  ])
    it(`tells ${name} from an answer`, async () => {
      await answerWith((socket) => socket.end(answer));
      await assert.rejects(client().status(), { code });
    });

  it('tells a connection that breaks', async () => {
    await answerWith((socket) => socket.destroy());
    await assert.rejects(client().status(), { code: 'ERR_API_INTERRUPTED', message: ENDED });
  });

  it('tells a stream that breaks from one that is over', async () => {
    await answerWith((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\n{"seq":1}\n\r\n');
    });
    const follow = async (): Promise<void> => {
      for await (const { seq } of client().followEvents()) {
        assert.equal(seq, 1);
        for (const socket of sockets) socket.destroy();
      }
    };
    await assert.rejects(follow(), { code: 'ERR_API_INTERRUPTED', message: ENDED });
  });
});
