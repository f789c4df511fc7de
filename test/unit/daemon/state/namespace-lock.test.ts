import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import {
  abstractAddress,
  acquireNamespaceLock,
  NamespaceLockError,
} from '../../../../src/daemon/state/namespace-lock.js';

let names = 0;
/** Other runs on this machine share the namespace. */
const ownName = (): string => `lvsd/test-${process.pid}-${++names}`;

/** Holds a name in a process of its own, as somebody without any rights. */
async function holdElsewhere(name: string): Promise<ChildProcess> {
  const script = `
    const server = require('node:net').createServer();
    server.listen(process.argv[1].padEnd(108, '@').replaceAll('@', '\\0'), () => console.log('held'));`;
  const root = process.getuid?.() === 0;
  const child = spawn(process.execPath, ['-e', script, `@${name}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: '/',
    ...(root ? { uid: 65534, gid: 65534 } : {}),
  });
  await once(child.stdout, 'data');
  return child;
}

async function refusalOf(name: string): Promise<NamespaceLockError> {
  try {
    await acquireNamespaceLock(name);
  } catch (error) {
    assert.ok(error instanceof NamespaceLockError);
    return error;
  }
  return assert.fail('the lock was given');
}

describe('abstractAddress', () => {
  it('is the whole of sun_path, so that every version of Node binds the same bytes', () => {
    const address = abstractAddress('lvsd/kernel');
    assert.equal(address.length, 108);
    assert.equal(address.replaceAll('\0', ''), 'lvsd/kernel');
    assert.ok(address.startsWith('\0lvsd/kernel\0'));
  });
});

describe('acquireNamespaceLock', () => {
  it('refuses a second lvsd and names the first', async () => {
    const name = ownName();
    const lock = await acquireNamespaceLock(name);
    const { code, message, details } = await refusalOf(name);
    assert.equal(code, 'ERR_NAMESPACE_LOCKED');
    assert.equal(details.holder?.pid, process.pid);
    assert.equal(details.holder.uid, process.getuid?.());
    assert.match(message, new RegExp(`pid ${process.pid} of uid ${process.getuid?.()}`));
    await lock.release();
  });

  it('gives the lock to exactly one of many that ask at once', async () => {
    const name = ownName();
    const asked = await Promise.allSettled(Array.from({ length: 20 }, () => acquireNamespaceLock(name)));
    const given = asked.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    assert.equal(given.length, 1);
    await given[0]?.release();
  });

  it('is free again after release, and release may be called twice', async () => {
    const name = ownName();
    const lock = await acquireNamespaceLock(name);
    await Promise.all([lock.release(), lock.release()]);
    await (await acquireNamespaceLock(name)).release();
  });

  it('is free again when its process is killed', async () => {
    const name = ownName();
    const holder = await holdElsewhere(name);
    assert.equal((await refusalOf(name)).details.holder?.pid, holder.pid);
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    await (await acquireNamespaceLock(name)).release();
  });

  it('says of a process that cannot drive the kernel that it is no lvsd', async () => {
    const name = ownName();
    const squatter = await holdElsewhere(name);
    const { code, message, details } = await refusalOf(name);
    squatter.kill('SIGKILL');
    await once(squatter, 'exit');
    assert.equal(code, 'ERR_NAMESPACE_LOCKED');
    const uid = process.getuid?.() === 0 ? 65534 : process.getuid?.();
    assert.deepEqual(details.holder, {
      pid: squatter.pid,
      uid,
      command: details.holder?.command,
      mayDriveKernel: false,
    });
    assert.match(
      message,
      new RegExp(`^lock network namespace: pid ${squatter.pid} of uid ${uid} .*no director; end it$`),
    );
  });

  it('bears whoever connects to see who holds it', async () => {
    const name = ownName();
    const lock = await acquireNamespaceLock(name);
    const sockets = Array.from({ length: 50 }, () => connect(abstractAddress(name)));
    await Promise.all(sockets.map((socket) => once(socket.resume(), 'close')));
    assert.equal((await refusalOf(name)).code, 'ERR_NAMESPACE_LOCKED');
    await lock.release();
  });

  it('does not keep its process alive', async () => {
    const script = `import { acquireNamespaceLock } from './src/daemon/state/namespace-lock.ts';
      await acquireNamespaceLock(${JSON.stringify(ownName())});`;
    const args = ['--import', 'tsx', '--input-type=module', '-e', script];
    const cwd = new URL('../../../../', import.meta.url);
    const child = spawn(process.execPath, args, { cwd, stdio: 'inherit', timeout: 20_000 });
    assert.deepEqual(await once(child, 'exit'), [0, null]);
  });
});
