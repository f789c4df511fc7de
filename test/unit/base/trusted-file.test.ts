import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judgeTrustedFile, type FileFacts, type FileFactsReader } from '../../../src/base/trusted-file.js';

const FOLDER = '/etc/lvsd/schedulers';
const FILE = `${FOLDER}/mine.js`;

/** Everything belongs to root and is writable by root alone, but for what is given. */
function reader(differing: Readonly<Record<string, Partial<FileFacts>>>, real = FILE): FileFactsReader {
  return {
    resolve: () => Promise.resolve(real),
    facts: (path) =>
      Promise.resolve({
        uid: 0,
        mode: 0o755,
        isFile: path === real,
        isDirectory: path !== real,
        ...differing[path],
      }),
  };
}

const refusals: [string, FileFactsReader, RegExp][] = [
  ['a file of another user', reader({ [FILE]: { uid: 1000 } }), /mine\.js belongs to uid 1000/],
  ['a file that its group may write', reader({ [FILE]: { mode: 0o664 } }), /mine\.js is writable/],
  ['a folder that all may write', reader({ [FOLDER]: { mode: 0o1777 } }), /schedulers is writable/],
  ['a parent of another user', reader({ '/etc': { uid: 5 } }), /\/etc belongs to uid 5/],
  ['a root folder that others may write', reader({ '/': { mode: 0o777 } }), /^\/ is writable/],
  ['a link that leads elsewhere', reader({}, '/home/me/mine.js'), /not under \/etc\/lvsd\/schedulers/],
  ['a neighbour folder with the same beginning', reader({}, `${FOLDER}-2/mine.js`), /not under/],
  ['a folder', reader({ [FILE]: { isFile: false } }), /not a regular file/],
];

describe('judgeTrustedFile', () => {
  it('trusts what root alone can have put there', async () => {
    assert.deepEqual(await judgeTrustedFile(FILE, FOLDER, reader({})), { trusted: true, path: FILE });
  });

  for (const [name, facts, reason] of refusals) {
    it(`refuses ${name}`, async () => {
      const decision = await judgeTrustedFile(FILE, FOLDER, facts);
      assert.ok(!decision.trusted);
      assert.match(decision.reason, reason);
    });
  }

  it('rejects when the file does not exist', async () => {
    await assert.rejects(judgeTrustedFile('/nowhere/at/all.js', FOLDER), { code: 'ENOENT' });
  });
});
