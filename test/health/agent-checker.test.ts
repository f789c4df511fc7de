/** The agent check against real sockets: every way in which a line may come, or not. */
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { describe, it } from 'node:test';
import { AgentChecker } from '../../src/health/checkers/agent.js';
import { plainSockets } from '../../src/health/net/sockets.js';
import type { ProbeResult } from '../../src/health/types.js';
import { freePort } from '../support/test-director.js';
import { leavesNothingOpen } from './support/descriptors.js';
import { answering, probe, withServer } from './support/loopback.js';

function ask(port: number, send: string | null = null, timeoutMs?: number): Promise<ProbeResult> {
  const checker = new AgentChecker(plainSockets, { address: '127.0.0.1', port }, send);
  return leavesNothingOpen(() => probe(checker, timeoutMs));
}

async function answerTo(serve: (socket: Socket) => void, timeoutMs?: number): Promise<string> {
  let said = '';
  await withServer(serve, async ({ port }) => {
    const result = await ask(port, null, timeoutMs);
    said = result.ok === true ? result.detail : result.reason.replace(`127.0.0.1:${port}`, 'AGENT');
  });
  return said;
}

describe('AgentChecker', () => {
  for (const host of ['127.0.0.1', '::1'])
    it(`asks an agent at ${host} and reads its line`, async () => {
      await withServer(
        answering('ready 75% # idle\r\n'),
        async (server) => {
          const checker = new AgentChecker(plainSockets, { address: host, port: server.port }, 'weight\n');
          assert.deepEqual(await probe(checker), {
            ok: true,
            detail: 'ready 75% (idle)',
            agent: { share: 0.75, admin: 'ready', operation: null, note: 'idle' },
          });
          await server.idle();
          assert.equal(server.received(), 'weight\n');
        },
        { host },
      );
    });

  it('takes the end of the connection for the end of the line', async () => {
    assert.equal(await answerTo((socket) => socket.end('50%')), '50%');
  });

  it('does not wait for an agent that keeps the connection open', async () => {
    assert.equal(await answerTo((socket) => socket.write('50%\n')), '50%');
  });

  it('puts a line together that comes in pieces', async () => {
    const inPieces = (socket: Socket): void => {
      socket.setNoDelay(true);
      socket.write('5');
      setImmediate(() => socket.write('0% dr'));
      setTimeout(() => socket.write('ain\n'), 20);
    };
    assert.equal(await answerTo(inPieces), 'drain 50%');
  });

  it('says of everything else what is wrong', async () => {
    const table: readonly [name: string, serve: (socket: Socket) => void, said: string][] = [
      ['closes at once', (socket) => socket.end(), 'agent AGENT: an empty answer'],
      [
        'another program',
        (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n'),
        'agent AGENT: the word "HTTP/1.1" is none of the protocol',
      ],
      [
        'a flood',
        (socket) => socket.write('x'.repeat(5000)),
        'agent AGENT: answer: a line of more than 1024 bytes',
      ],
      [
        'a flood that has an end',
        (socket) => socket.end(`50% # ${'x'.repeat(5000)}\n`),
        'agent AGENT: answer: a line of more than 1024 bytes',
      ],
    ];
    for (const [name, serve, said] of table) assert.equal(await answerTo(serve), said, name);
    // It may come with the answer to the connect, too.
    assert.match(
      await answerTo((socket) => socket.resetAndDestroy()),
      /^agent AGENT: (connect|answer): ECONNRESET$/,
    );
    assert.equal(await answerTo(() => undefined, 50), 'agent AGENT: answer: timeout after 50ms');
  });

  it('names a port where nobody listens', async () => {
    const port = await freePort();
    const result = await ask(port);
    assert.deepEqual(result, { ok: false, reason: `agent 127.0.0.1:${port}: connect: ECONNREFUSED` });
  });

  it('makes strange bytes safe to print', async () => {
    assert.equal(
      await answerTo((socket) => socket.end('\x1b[2J\n')),
      'agent AGENT: the word " [2J" is none of the protocol',
    );
  });
});
