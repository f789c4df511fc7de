import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { resetSocket } from '../../../../../src/dataplane/proxy/net/reset-socket.js';

describe('resetSocket', () => {
  let server: Server;
  let near: Socket;
  let far: Socket;

  beforeEach(async () => {
    server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    near = connect({ port, host: '127.0.0.1', allowHalfOpen: true }).pause();
    [far] = (await once(server, 'connection')) as [Socket];
    for (const socket of [near, far]) socket.on('error', () => socket.destroy());
  });

  afterEach(() => {
    near.destroy();
    far.destroy();
    server.close();
  });

  /** The kernel forgets the peer of a socket that was reset, not of one whose peer has closed in order. */
  async function isReset(): Promise<boolean> {
    await once(far, 'close');
    return near.remoteAddress === undefined;
  }

  it('resets an open stream', async () => {
    resetSocket(far);
    assert.equal(await isReset(), true);
  });

  it('resets a stream whose end waits behind bytes that nobody takes', async () => {
    far.end(Buffer.alloc(16 * 1024 * 1024));
    resetSocket(far);
    assert.equal(await isReset(), true);
  });

  it('closes a stream that was sent to its end, and the peer gets all of it', async () => {
    far.end('whole');
    await once(far, 'finish');
    resetSocket(far);
    assert.equal(await isReset(), false);
    const [chunk] = (await once(near.resume(), 'data')) as [Buffer];
    assert.equal(chunk.toString(), 'whole');
    await once(near, 'end');
  });

  it('closes while the end is on its way, when the runtime could not reset', async () => {
    far.end();
    resetSocket(far);
    assert.equal(await isReset(), false);
  });
});
