import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import { connected, withSocket } from '../../src/health/checkers/socket.js';
import { TcpChecker } from '../../src/health/checkers/tcp.js';
import { plainSockets } from '../../src/health/net/sockets.js';
import { closedPort, probe, withServer } from './support/loopback.js';
import { tcpSettings } from './support/settings.js';

const silent = (): void => undefined;

describe('TcpChecker', () => {
  for (const address of ['127.0.0.1', '::1'])
    it(`is content with an accepted connection to ${address} and closes it`, async () => {
      await withServer(
        silent,
        async (server) => {
          const result = await probe(
            new TcpChecker(plainSockets, { address, port: server.port }, tcpSettings),
          );
          assert.deepEqual(result, { ok: true, detail: 'connected' });
          await server.idle();
        },
        { host: address },
      );
    });

  it('waits for a kernel that is slow to take what it sends', async () => {
    await withServer(silent, async ({ port, received, idle }) => {
      const connectSlowly: typeof plainSockets.connect = (target) => {
        const socket = plainSockets.connect(target);
        const write = socket._write.bind(socket);
        socket._write = (...words) => void setImmediate(() => write(...words));
        return socket;
      };
      const sockets = { ...plainSockets, connect: connectSlowly };
      const checker = new TcpChecker(
        sockets,
        { address: '127.0.0.1', port },
        { ...tcpSettings, send: 'hello' },
      );
      assert.deepEqual(await probe(checker, 1000), { ok: true, detail: 'connected' });
      await idle();
      assert.equal(received(), 'hello');
    });
  });

  it('names the reason of a refused connection', async () => {
    const port = await closedPort();
    assert.deepEqual(await probe(new TcpChecker(plainSockets, { address: '127.0.0.1', port }, tcpSettings)), {
      ok: false,
      reason: `connect 127.0.0.1:${port}: ECONNREFUSED`,
    });
    assert.deepEqual(await probe(new TcpChecker(plainSockets, { address: '::1', port }, tcpSettings)), {
      ok: false,
      reason: `connect [::1]:${port}: ECONNREFUSED`,
    });
  });

  it('fails with the reason of the abort, also when it came first', async () => {
    const abort = new AbortController();
    abort.abort(new Error('timeout after 1s'));
    const port = await closedPort();
    assert.deepEqual(
      await new TcpChecker(plainSockets, { address: '127.0.0.1', port }, tcpSettings).probe(abort.signal),
      {
        ok: false,
        reason: `connect 127.0.0.1:${port}: timeout after 1s`,
      },
    );
  });

  it('does not take a connection to itself for a server', async () => {
    const port = await closedPort();
    // Binding the source to the very port makes happen for certain what the kernel does by chance.
    const itself = connect({ host: '127.0.0.1', port, localAddress: '127.0.0.1', localPort: port });
    await assert.rejects(
      withSocket(itself, new AbortController().signal, connected),
      /^Error: connected to itself$/,
    );
  });

  it('refuses a port that is none', async () => {
    const result = await probe(
      new TcpChecker(plainSockets, { address: '127.0.0.1', port: 70_000 }, tcpSettings),
    );
    assert.equal(result.ok, false);
  });
});
