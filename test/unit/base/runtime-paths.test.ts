import assert from 'node:assert/strict';
import { chmod, chown, mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { ensurePrivateFolder, runtimePaths } from '../../../src/base/runtime-paths.js';

const UID = process.getuid?.() ?? 0;

describe('runtimePaths', () => {
  const user = { uid: 1000, environment: {}, tmpdir: '/tmp', home: '/home/ann' };

  it('gives root the system folders, whatever the environment says', () => {
    const environment = { XDG_RUNTIME_DIR: '/run/user/0', XDG_STATE_HOME: '/root/state' };
    assert.deepEqual(runtimePaths({ ...user, uid: 0, environment }), {
      socket: '/run/lvsd/lvsd.sock',
      socketFolder: '/run/lvsd',
      socketFolderMode: 0o750,
      stateDir: '/var/lib/lvsd',
    });
  });

  it('gives a user the XDG folders', () => {
    const environment = { XDG_RUNTIME_DIR: '/run/user/1000', XDG_STATE_HOME: '/srv/state' };
    const paths = runtimePaths({ ...user, environment });
    assert.equal(paths.socket, '/run/user/1000/lvsd/lvsd.sock');
    assert.equal(paths.stateDir, '/srv/state/lvsd');
  });

  it('falls back to a private folder in the temporary one, and to the home', () => {
    assert.deepEqual(runtimePaths(user), {
      socket: '/tmp/lvsd-1000/lvsd.sock',
      socketFolder: '/tmp/lvsd-1000',
      socketFolderMode: 0o700,
      stateDir: '/home/ann/.local/state/lvsd',
    });
  });

  for (const value of ['', 'relative/path'])
    it(`ignores ${JSON.stringify(value)} in an XDG variable`, () => {
      const environment = { XDG_RUNTIME_DIR: value, XDG_STATE_HOME: value };
      assert.deepEqual(runtimePaths({ ...user, environment }), runtimePaths(user));
    });
});

describe('ensurePrivateFolder', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lvsd-paths-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

  it('makes the folder and its parents with the very mode, whatever the umask', async () => {
    const umask = process.umask(0o077);
    try {
      await ensurePrivateFolder(join(folder, 'a', 'b'), 0o750, UID);
    } finally {
      process.umask(umask);
    }
    assert.equal(await modeOf(join(folder, 'a', 'b')), 0o750);
  });

  it('accepts its own folder again, and one that more may read', async () => {
    const path = join(folder, 'run');
    await ensurePrivateFolder(path, 0o700, UID);
    await chmod(path, 0o755);
    await ensurePrivateFolder(path, 0o700, UID);
    assert.equal(await modeOf(path), 0o755);
  });

  it('refuses a folder in which others may write, with the cure', async () => {
    const path = join(folder, 'run');
    await mkdir(path);
    await chmod(path, 0o777);
    await assert.rejects(ensurePrivateFolder(path, 0o750, UID), {
      code: 'ERR_FOLDER_UNSAFE',
      message: `use folder ${path}: others may write in it (mode 0777): name another, or take that away with chmod 0755`,
    });
  });

  it('does not advise to change a folder that everybody shares', async () => {
    const path = join(folder, 'tmp');
    await mkdir(path);
    await chmod(path, 0o1777);
    await assert.rejects(ensurePrivateFolder(path, 0o750, UID), {
      code: 'ERR_FOLDER_UNSAFE',
      message: `use folder ${path}: others may write in it (mode 1777): it is shared, name a folder of lvsd's own`,
    });
  });

  it('refuses the folder of a stranger', async () => {
    // Root makes it a stranger's; anybody else asks as somebody who is a stranger to it.
    if (UID === 0) await chown(folder, 4711, 4711);
    const asker = UID === 0 ? 0 : UID + 1;
    const owner = UID === 0 ? 4711 : UID;
    await assert.rejects(ensurePrivateFolder(folder, 0o700, asker), {
      code: 'ERR_FOLDER_UNSAFE',
      message: `use folder ${folder}: it belongs to uid ${owner}, neither to root nor to uid ${asker}`,
    });
  });

  it('refuses a symbolic link', async () => {
    await mkdir(join(folder, 'real'));
    await symlink(join(folder, 'real'), join(folder, 'link'));
    await assert.rejects(ensurePrivateFolder(join(folder, 'link'), 0o700, UID), {
      code: 'ERR_FOLDER_UNSAFE',
    });
  });

  it('says why a folder cannot be made', async () => {
    await writeFile(join(folder, 'file'), '');
    for (const name of ['file', 'file/below'])
      await assert.rejects(ensurePrivateFolder(join(folder, name), 0o700, UID), {
        code: 'ERR_FOLDER_CREATE',
      });
  });
});
