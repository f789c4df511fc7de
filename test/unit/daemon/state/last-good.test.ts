import assert from 'node:assert/strict';
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { LastGoodStore, type LastGood } from '../../../../src/daemon/state/last-good.js';

const copy: LastGood = {
  savedAtMs: 1,
  digest: 'abc',
  file: '/etc/lvsd/lvsd.yaml',
  files: new Map([
    ['/etc/lvsd/lvsd.yaml', 'services: []\n'],
    ['/etc/lvsd/conf.d/a.yaml', '# ${SECRET}\n'],
  ]),
};

describe('LastGoodStore', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lvsd-last-good-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('gives back what was written', async () => {
    const store = new LastGoodStore(folder);
    await store.write(copy);
    assert.deepEqual(await store.read(), copy);
  });

  it('knows that there is none', async () => {
    assert.equal(await new LastGoodStore(folder).read(), null);
  });

  it('keeps the copy from other users and leaves no temporary file', async () => {
    const store = new LastGoodStore(folder);
    await store.write(copy);
    await store.write({ ...copy, digest: 'def' });
    assert.equal((await stat(store.path)).mode & 0o777, 0o600);
    assert.deepEqual(await readdir(folder), ['last-good.json']);
  });

  it('replaces what a crash left of an earlier write', async () => {
    const store = new LastGoodStore(folder);
    await writeFile(`${store.path}.tmp`, 'half');
    await store.write(copy);
    assert.deepEqual(await store.read(), copy);
  });

  it('is refused when it was cut off after any byte, and never read in part', async () => {
    const store = new LastGoodStore(folder);
    await store.write(copy);
    const whole = await readFile(store.path);
    // Of the last byte, a newline, nothing depends.
    for (let length = 0; length < whole.length - 1; length++) {
      await writeFile(store.path, whole.subarray(0, length));
      await assert.rejects(store.read(), { code: 'ERR_LAST_GOOD' }, `${length} bytes`);
    }
  });

  const unusable: readonly { name: string; text: string }[] = [
    { name: 'half a file', text: '{"format": 1, "sav' },
    { name: 'another format', text: JSON.stringify({ ...copy, format: 2, files: {} }) },
    { name: 'a copy without its own file', text: JSON.stringify({ ...copy, format: 1, files: {} }) },
    { name: 'null', text: 'null' },
  ];
  for (const { name, text } of unusable) {
    it(`refuses ${name}`, async () => {
      const store = new LastGoodStore(folder);
      await writeFile(store.path, text);
      await assert.rejects(store.read(), { code: 'ERR_LAST_GOOD' });
    });
  }
});
