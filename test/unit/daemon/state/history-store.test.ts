import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { HistoryStore, type HistoryEntry } from '../../../../src/daemon/state/history-store.js';
import { FakeClock } from '../../../support/fake-clock.js';

function entry(text: string, changes: Partial<HistoryEntry> = {}): Omit<HistoryEntry, 'number'> {
  return {
    appliedAtMs: 1000,
    by: 'uid 0',
    why: 'reload',
    summary: 'nothing to change',
    digest: 'd',
    file: '/etc/lvsd/lvsd.yaml',
    files: new Map([
      ['/etc/lvsd/lvsd.yaml', text],
      ['/etc/lvsd/more.yaml', 'pools: {}\n'],
    ]),
    ...changes,
  };
}

describe('HistoryStore', () => {
  let stateDir: string;
  let store: HistoryStore;

  beforeEach(async () => {
    stateDir = await mkdtemp(join(tmpdir(), 'lvsd-history-'));
    store = newStore();
  });
  afterEach(() => rm(stateDir, { recursive: true, force: true }));

  function newStore(): HistoryStore {
    return new HistoryStore(stateDir, process.geteuid?.() ?? 0, new FakeClock());
  }

  async function numbers(): Promise<number[]> {
    return (await store.list()).entries.map(({ number }) => number);
  }

  it('is empty before the first', async () => {
    assert.deepEqual(await store.list(), { entries: [], warnings: [] });
    assert.equal(await store.read(1), null);
  });

  it('gives back what was added, in a later process too', async () => {
    assert.equal(await store.append(entry('a'), 50), null);
    assert.equal(await store.append(entry('b', { by: 'SIGHUP' }), 50), null);
    store = newStore();
    assert.deepEqual(await numbers(), [1, 2]);
    assert.deepEqual(await store.read(2), { ...entry('b', { by: 'SIGHUP' }), number: 2 });
  });

  it('keeps the newest, and never gives a number twice', async () => {
    for (const text of ['a', 'b', 'c', 'd']) await store.append(entry(text), 2);
    assert.deepEqual(await numbers(), [3, 4]);
    await store.append(entry('e'), 1);
    assert.deepEqual(await numbers(), [5]);
  });

  it('adds no entry for the same text again, but one for a rollback to it', async () => {
    await store.append(entry('a'), 50);
    await store.append(entry('a'), 50);
    assert.deepEqual(await numbers(), [1]);
    await store.append(entry('a', { why: 'rollback to 1' }), 50);
    assert.deepEqual(await numbers(), [1, 2]);
  });

  it('adds one where only an included file changed', async () => {
    await store.append(entry('a'), 50);
    const files = new Map(entry('a').files).set('/etc/lvsd/more.yaml', 'pools: { web: [] }\n');
    await store.append(entry('a', { files }), 50);
    assert.deepEqual(await numbers(), [1, 2]);
  });

  it('writes nothing with 0 to keep, and drops what there is', async () => {
    await store.append(entry('a'), 50);
    await store.append(entry('b'), 0);
    assert.deepEqual(await numbers(), []);
  });

  it('leaves out what is damaged, and says so, wherever it was cut', async () => {
    await store.append(entry('a'), 50);
    await store.append(entry('b'), 50);
    const path = join(stateDir, 'history', '2.json');
    const { size } = await stat(path);
    for (let length = size - 1; length >= 0; length -= 13) {
      await truncate(path, length);
      const { entries, warnings } = await store.list();
      assert.deepEqual(
        entries.map(({ number }) => number),
        [1],
        `cut at ${length}`,
      );
      assert.equal(warnings.length, 1);
      assert.equal(await store.read(2), null);
    }
    await store.append(entry('c'), 50);
    assert.deepEqual(await numbers(), [1, 3]);
  });

  it('passes over files that are none of its own', async () => {
    await store.append(entry('a'), 50);
    await writeFile(join(stateDir, 'history', 'README'), 'mine\n');
    await store.append(entry('b'), 1);
    assert.deepEqual((await readdir(join(stateDir, 'history'))).sort(), ['2.json', 'README']);
  });

  it('says why it cannot write, and does not reject', async () => {
    await writeFile(join(stateDir, 'history'), 'a file where the folder should be\n');
    assert.match((await store.append(entry('a'), 50)) ?? '', /^write .*history: .*not in the history$/);
  });
});
