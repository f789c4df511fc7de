import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { writeFileAtomically, type FileSystem } from '../../../../src/daemon/state/atomic-file.js';
import { FakeDisk, PowerLoss } from '../../../support/fake-disk.js';

const PATH = '/state/file.json';
const TEMPORARY = `${PATH}.tmp`;
const OLD = 'the old text';
const NEW = 'and the new one';

/** System calls of one write on a disk where nothing goes wrong. */
async function callsOfOneWrite(): Promise<number> {
  const disk = new FakeDisk();
  await writeFileAtomically(PATH, NEW, disk);
  return disk.operations.length;
}

/** A disk on which the machine stops before call `index`, and every later one fails as well. */
async function stoppedAt(index: number, write: typeof writeFileAtomically): Promise<FakeDisk> {
  const disk = new FakeDisk();
  disk.put(PATH, OLD);
  disk.before = (_, now) => {
    if (now >= index) throw new PowerLoss();
  };
  await write(PATH, NEW, disk).catch(() => undefined);
  return disk;
}

/** Contents that are neither the old nor the new file, over all moments at which the machine may stop. */
async function tornContents(write: typeof writeFileAtomically): Promise<unknown[]> {
  const torn: unknown[] = [];
  for (let index = 0; index <= (await callsOfOneWrite()); index++) {
    const disk = await stoppedAt(index, write);
    for (const text of disk.afterPowerLoss(PATH))
      if (text !== OLD && text !== NEW) torn.push({ index, text });
  }
  return torn;
}

describe('writeFileAtomically', () => {
  it('leaves the old file or the new one, at whichever system call the power goes', async () => {
    assert.deepEqual(await tornContents(writeFileAtomically), []);
  });

  it('would be found out if it did not sync the file', async () => {
    const withoutSync: typeof writeFileAtomically = (path, text, files) =>
      writeFileAtomically(path, text, forgetful(files!));
    assert.ok((await tornContents(withoutSync)).length > 0);
  });

  it('has the new file for sure once it returns', async () => {
    const disk = new FakeDisk();
    disk.put(PATH, OLD);
    await writeFileAtomically(PATH, NEW, disk);
    assert.deepEqual([...disk.afterPowerLoss(PATH)], [NEW]);
    assert.deepEqual(disk.names, [PATH]);
  });

  it('writes over whatever a process that was killed left behind', async () => {
    const calls = await callsOfOneWrite();
    for (let index = 0; index <= calls; index++) {
      const disk = await stoppedAt(index, writeFileAtomically);
      disk.before = () => undefined;
      await writeFileAtomically(PATH, 'third', disk);
      assert.equal(disk.read(PATH), 'third', `stopped before call ${index}`);
      assert.deepEqual(disk.names, [PATH]);
    }
  });

  it('passes on the error of any call, keeps a whole file, and leaves no temporary one', async () => {
    const calls = await callsOfOneWrite();
    for (let index = 0; index < calls; index++) {
      const disk = new FakeDisk();
      disk.put(PATH, OLD);
      disk.before = (_, now) => {
        if (now === index) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
      };
      await assert.rejects(writeFileAtomically(PATH, NEW, disk), { code: 'ENOSPC' }, `call ${index}`);
      assert.ok([OLD, NEW].includes(disk.read(PATH) ?? ''), `call ${index}: ${disk.read(PATH)}`);
      assert.equal(disk.read(TEMPORARY), null, `call ${index}`);
    }
  });
});

/** The same disk, with files that say that they synced. */
function forgetful(files: FileSystem): FileSystem {
  return {
    remove: (path) => files.remove(path),
    rename: (from, to) => files.rename(from, to),
    openFolder: (path) => files.openFolder(path),
    create: async (path) => {
      const file = await files.create(path);
      return {
        writeFile: (text) => file.writeFile(text),
        sync: () => Promise.resolve(),
        close: () => file.close(),
      };
    },
  };
}
