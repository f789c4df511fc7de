import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { processIdentity } from '../../../../src/daemon/state/process-identity.js';
import { acquireStateLock } from '../../../../src/daemon/state/state-lock.js';

describe('acquireStateLock', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lvsd-lock-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('makes a missing folder readable by its owner alone', async () => {
    const lock = await acquireStateLock(join(folder, 'a', 'state'));
    assert.equal((await stat(join(folder, 'a', 'state'))).mode & 0o777, 0o700);
    await lock.release();
  });

  it('refuses a second director and names the first', async () => {
    const lock = await acquireStateLock(folder);
    await assert.rejects(acquireStateLock(folder), {
      code: 'ERR_STATE_LOCKED',
      details: { stateDir: folder, holderPid: process.pid },
    });
    await lock.release();
  });

  it('takes over what a process of the same number and start left in an earlier boot', async () => {
    const self = processIdentity(process.pid);
    assert.ok(self !== null);
    await writeFile(join(folder, `lvsd-${self.pid}-${self.startTicks}.lock`), 'an-earlier-boot\n');
    const lock = await acquireStateLock(folder);
    await assert.rejects(acquireStateLock(folder), { code: 'ERR_STATE_LOCKED' });
    await lock.release();
    assert.deepEqual(await readdir(folder), []);
  });

  it('refuses while another living process holds it, and leaves no file of its own', async () => {
    const parent = processIdentity(process.ppid);
    assert.ok(parent !== null);
    const lock = await acquireStateLock(folder, parent);
    await assert.rejects(acquireStateLock(folder), { code: 'ERR_STATE_LOCKED' });
    assert.equal((await readdir(folder)).length, 1);
    await lock.release();
  });

  const dead: readonly { name: string; file: string; boot: () => string }[] = [
    { name: 'a pid that is gone', file: 'lvsd-4194305-77.lock', boot: bootId },
    { name: 'a pid that another process has now', file: `lvsd-${process.ppid}-1.lock`, boot: bootId },
    { name: 'a boot before this one', file: lockOf(process.ppid), boot: () => 'another-boot' },
  ];
  for (const { name, file, boot } of dead) {
    it(`clears away the lock of ${name}`, async () => {
      await writeFile(join(folder, file), `${boot()}\n`);
      const lock = await acquireStateLock(folder);
      assert.deepEqual(await readdir(folder), [lockOf(process.pid)]);
      await lock.release();
    });
  }

  it('is free again after release, and release may be called twice', async () => {
    const lock = await acquireStateLock(folder);
    await lock.release();
    await lock.release();
    await (await acquireStateLock(folder)).release();
    assert.deepEqual(await readdir(folder), []);
  });

  it('says that a state_dir cannot be made', async () => {
    await writeFile(join(folder, 'file'), '');
    await assert.rejects(acquireStateLock(join(folder, 'file', 'state')), {
      code: 'ERR_FOLDER_CREATE',
      message: /ENOTDIR/,
    });
  });
});

function lockOf(pid: number): string {
  return `lvsd-${pid}-${processIdentity(pid)?.startTicks ?? 0}.lock`;
}

function bootId(): string {
  return processIdentity(process.pid)?.bootId ?? '';
}
