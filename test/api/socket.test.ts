import assert from 'node:assert/strict';
import { chmod, lstat, mkdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { spawn } from 'node:child_process';
import { ApiServer } from '../../src/api/server.js';
import { realClock } from '../../src/base/clock.js';
import { ask, silentLogger, temporaryFolder, UID } from './support/api-fixture.js';
import { FakeOperations } from './support/fake-operations.js';

describe('the control socket', () => {
  let folder: string;
  let started: ApiServer[];

  beforeEach(async () => {
    folder = await temporaryFolder();
    started = [];
  });
  afterEach(async () => {
    await Promise.all(started.map((server) => server.close()));
    await rm(folder, { recursive: true });
  });

  async function start(path: string): Promise<ApiServer> {
    const server = new ApiServer({
      operations: new FakeOperations(),
      clock: realClock,
      logger: silentLogger,
      name: 'director-a',
      socket: { path, folderMode: 0o750 },
      tcp: null,
      uid: UID,
    });
    started.push(server);
    await server.start();
    return server;
  }

  /** A socket whose process died without removing it. */
  async function leaveStaleSocket(path: string): Promise<void> {
    const listen = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
    await once(spawn(process.execPath, ['-e', listen]), 'exit');
    assert.ok((await lstat(path)).isSocket());
  }

  it('is made with mode 0660 in a folder of 0750, and the umask stays', async () => {
    const before = process.umask(0o022);
    const path = join(folder, 'run', 'lvsd.sock');
    await start(path);
    assert.equal((await stat(path)).mode & 0o777, 0o660);
    assert.equal((await stat(dirname(path))).mode & 0o777, 0o750);
    assert.equal(process.umask(before), 0o022);
  });

  it('is removed on close, which may be called again', async () => {
    const path = join(folder, 'lvsd.sock');
    const server = await start(path);
    await server.close();
    await assert.rejects(lstat(path), { code: 'ENOENT' });
    await server.close();
  });

  it('replaces one whose process is gone', async () => {
    const path = join(folder, 'lvsd.sock');
    await leaveStaleSocket(path);
    await start(path);
    assert.equal((await ask({ socketPath: path, path: '/healthz' })).status, 200);
  });

  it('leaves a living one alone', async () => {
    const path = join(folder, 'lvsd.sock');
    await start(path);
    await assert.rejects(start(path), {
      code: 'ERR_API_SOCKET_IN_USE',
      message: `listen on ${path}: another lvsd answers on it; stop that one, or name another socket`,
    });
    assert.equal((await ask({ socketPath: path, path: '/healthz' })).status, 200);
  });

  it('refuses a path longer than a socket address holds, and takes the longest', async () => {
    const room = 107 - Buffer.byteLength(folder) - 1;
    await start(join(folder, 'x'.repeat(room)));
    await assert.rejects(start(join(folder, 'ü'.repeat(Math.ceil((room + 1) / 2)))), {
      code: 'ERR_API_SOCKET_PATH',
      message: /the path has \d+ bytes, a socket's may have 107$/,
    });
  });

  it('never replaces what is not a socket', async () => {
    const file = join(folder, 'file');
    await writeFile(file, 'precious');
    const link = join(folder, 'link');
    await symlink(join(folder, 'elsewhere.sock'), link);
    await mkdir(join(folder, 'directory'));
    for (const path of [file, link, join(folder, 'directory')])
      await assert.rejects(start(path), {
        code: 'ERR_API_SOCKET_PATH',
        message: `listen on ${path}: something that is not a socket is there`,
      });
    assert.equal((await stat(file)).size, 8);
  });

  it('refuses a folder in which others may write', async () => {
    await chmod(folder, 0o777);
    await assert.rejects(start(join(folder, 'lvsd.sock')), { code: 'ERR_FOLDER_UNSAFE' });
  });

  it('refuses a folder that is a symbolic link', async () => {
    await mkdir(join(folder, 'real'));
    await symlink(join(folder, 'real'), join(folder, 'run'));
    await assert.rejects(start(join(folder, 'run', 'lvsd.sock')), { code: 'ERR_FOLDER_UNSAFE' });
  });

  it('is removed by a close that comes while it starts', async () => {
    const path = join(folder, 'run', 'lvsd.sock');
    const starting = start(path);
    await started[0]?.close();
    await starting;
    await assert.rejects(lstat(path), { code: 'ENOENT' });
  });

  it('is given back when TCP cannot be had', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    const path = join(folder, 'lvsd.sock');
    const server = new ApiServer({
      operations: new FakeOperations(),
      clock: realClock,
      logger: silentLogger,
      name: 'director-a',
      socket: { path, folderMode: 0o750 },
      tcp: { address: '127.0.0.1', port },
      uid: UID,
    });
    await assert.rejects(server.start(), (error: Error & { code: string; cause: { code: string } }) => {
      assert.equal(error.code, 'ERR_API_LISTEN');
      assert.match(error.message, new RegExp(`^listen on 127\\.0\\.0\\.1:${port}: `));
      assert.equal(error.cause.code, 'EADDRINUSE');
      return true;
    });
    await assert.rejects(lstat(path), { code: 'ENOENT' });
    taken.close();
  });
});
