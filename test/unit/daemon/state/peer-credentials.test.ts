import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, Socket, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { peerCredentials } from '../../../../native/libc/peer-credentials.js';
import { loadPeerOf } from '../../../../src/daemon/state/peer-credentials.js';

describe('loadPeerOf', () => {
  it('names the process that connected, and the one that listens', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lvsd-peer-'));
    const path = join(folder, 'socket');
    const server = createServer();
    server.listen(path);
    await once(server, 'listening');
    const script = `require('node:net').connect(process.argv[1]).on('end', () => {})`;
    const child = spawn(process.execPath, ['-e', script, path], { stdio: 'inherit' });
    const [accepted] = (await once(server, 'connection')) as [Socket];
    const peerOf = await loadPeerOf();
    const own = { uid: process.getuid?.(), gid: process.getgid?.() };
    assert.deepEqual(peerOf(accepted), { pid: child.pid, ...own });

    const client = connect(path);
    await once(client, 'connect');
    assert.deepEqual(peerOf(client), { pid: process.pid, ...own });

    client.destroy();
    accepted.destroy();
    assert.equal(peerOf(accepted), null);
    await once(child, 'exit');
    server.close();
    await rm(folder, { recursive: true });
  });

  it('has no answer for a TCP connection, nor for a socket that is none', async () => {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const [accepted] = (await once(server, 'connection')) as [Socket];
    const peerOf = await loadPeerOf();
    assert.equal(peerOf(accepted), null);
    assert.equal(peerOf(new Socket()), null);
    client.destroy();
    accepted.destroy();
    server.close();
  });
});

describe('peerCredentials', () => {
  it('has no answer for what is no socket', () => {
    for (const fd of [-1, 0x7fff_ffff]) assert.equal(peerCredentials(fd), null);
  });
});
