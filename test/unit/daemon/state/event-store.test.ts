import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import {
  appendFile,
  chmod,
  mkdir,
  mkdtemp,
  open,
  readFile,
  readdir,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { EventStore, timesOf, type EventStoreOptions } from '../../../../src/daemon/state/event-store.js';
import { readMarks } from '../../../../src/daemon/state/read-marks.js';
import type { ServiceStanding } from '../../../../src/model/standing.js';
import type { Mark } from '../../../../src/report/mark.js';
import { FakeClock } from '../../../support/fake-clock.js';

const UID = process.geteuid?.() ?? 0;
const STANDINGS = new Map<string, ServiceStanding>([
  ['shop', { standing: 'up', servers: new Map([['web-1', 'up']]) }],
]);

let stateDir: string;
let clock: FakeClock;
const troubles: (string | null)[] = [];
const stores: EventStore[] = [];

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'lvsd-report-'));
  clock = new FakeClock();
  troubles.length = 0;
});
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  await rm(stateDir, { recursive: true });
});

function storeWith(options: Partial<EventStoreOptions> = {}): EventStore {
  const store = new EventStore({
    stateDir,
    clock,
    standings: () => STANDINGS,
    onTrouble: (trouble) => troubles.push(trouble),
    ...options,
  });
  stores.push(store);
  return store;
}

const plain = (kind: 'start' | 'stop' | 'beat'): Mark => ({ kind, ...timesOf(clock) });
const change = (server: string): Mark => ({
  kind: 'change',
  ...timesOf(clock),
  service: 'shop',
  server,
  standing: 'down',
});

async function kinds(live = false): Promise<string[]> {
  const found: string[] = [];
  for await (const mark of readMarks({ stateDir, uid: UID, live }))
    found.push(mark.kind === 'change' ? `change ${mark.server ?? ''}` : mark.kind);
  return found;
}

const folder = (): string => join(stateDir, 'report');
const files = async (): Promise<string[]> => (await readdir(folder())).sort();
const first = (): string => join(folder(), '00000001.jsonl');

describe('EventStore', () => {
  it('writes what comes within a second in one go, and not before', async () => {
    const store = storeWith();
    store.append(plain('start'));
    clock.advance(999);
    store.append(change('web-1'));
    assert.deepEqual(await kinds(), []);
    clock.advance(1);
    await store.flush();
    assert.deepEqual(await kinds(), ['start', 'change web-1']);
    assert.equal((await stat(first())).mode & 0o777, 0o600);
    assert.equal((await stat(folder())).mode & 0o777, 0o700);
  });

  it('writes the rest when it closes, and nothing afterwards', async () => {
    const store = storeWith();
    store.append(plain('start'));
    store.append(plain('stop'));
    await store.close();
    store.append(plain('beat'));
    await store.close();
    assert.deepEqual(await kinds(), ['start', 'stop']);
    assert.equal(clock.pending, 0);
  });

  it('goes on where another one has ended', async () => {
    for (const kind of ['start', 'stop', 'start'] as const) {
      const store = storeWith();
      store.append(plain(kind));
      await store.close();
    }
    assert.deepEqual(await kinds(), ['start', 'stop', 'start']);
    assert.deepEqual(await files(), ['00000001.jsonl']);
  });

  it('keeps what was there wherever a crash cut the last line, and goes on behind it', async () => {
    const before = storeWith();
    before.append(plain('start'));
    before.append(change('web-1'));
    await before.close();
    const whole = await readFile(first(), 'utf8');
    const lastLine = whole.indexOf('\n') + 1;
    for (let length = lastLine; length < whole.length; length++) {
      await writeFile(first(), whole, { mode: 0o600 });
      await truncate(first(), length);
      const store = storeWith();
      store.append(plain('start'));
      await store.close();
      // Without its line end the last line is whole all the same.
      const cut = length === lastLine ? [] : length === whole.length - 1 ? ['change web-1'] : ['unreadable'];
      assert.deepEqual(await kinds(), ['start', ...cut, 'start'], `cut at ${length}`);
    }
  });

  it('begins a new file when one is full, with how all stands, and keeps so many', async () => {
    const store = storeWith({ limits: { fileBytes: 300, fileAgeMs: 1e12, files: 3 } });
    store.append(plain('start'));
    for (let number = 0; number < 20; number++) {
      store.append(change(`web-${number}`));
      await store.flush();
    }
    await store.close();
    const kept = await files();
    assert.equal(kept.length, 3);
    assert.ok(!kept.includes('00000001.jsonl'));
    for (const name of kept) assert.match(await readFile(join(folder(), name), 'utf8'), /^\{"k":"all"/);
    const read = await kinds();
    assert.equal(read.at(-1) === 'all' ? read.at(-2) : read.at(-1), 'change web-19');
  });

  it('begins a new file when the first mark of one is old, over a restart too', async () => {
    const limits = { fileBytes: 1e9, fileAgeMs: 1000, files: 9 };
    const one = storeWith({ limits });
    one.append(plain('start'));
    await one.close();
    clock.advance(2000);
    const two = storeWith({ limits });
    two.append(plain('start'));
    await two.close();
    assert.deepEqual(await files(), ['00000001.jsonl', '00000002.jsonl']);
    assert.deepEqual(await kinds(), ['start', 'start', 'all']);
  });

  it('tells that it cannot write, once, and says how all stands when it can again', async () => {
    await writeFile(folder(), 'in the way');
    const store = storeWith();
    store.append(plain('start'));
    await store.flush();
    store.append(change('web-1'));
    await store.flush();
    assert.equal(troubles.length, 1);
    assert.match(troubles[0] ?? '', /^write .*report: EEXIST/);
    await rm(folder());
    clock.advance(30_000);
    await store.flush();
    assert.deepEqual(troubles.slice(1), [null]);
    store.append(change('web-2'));
    await store.close();
    assert.deepEqual(await kinds(), ['all', 'change web-2']);
    for await (const mark of readMarks({ stateDir, uid: UID }))
      if (mark.kind === 'all') assert.deepEqual([mark.lost, mark.standings], [true, STANDINGS]);
  });

  it('loses nothing that comes while it writes', async () => {
    const store = storeWith({ limits: { fileBytes: 500, fileAgeMs: 1e12, files: 100 } });
    const wanted: string[] = [];
    const flushes: Promise<void>[] = [];
    for (let number = 0; number < 100; number++) {
      store.append(change(`web-${number}`));
      wanted.push(`change web-${number}`);
      if (number % 3 === 0) flushes.push(store.flush());
      if (number % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(flushes);
    await store.close();
    assert.deepEqual(
      (await kinds()).filter((kind) => kind !== 'all'),
      wanted,
    );
  });

  it('keeps so much while a write hangs, tells that the rest is lost, and says how all stands when it goes on', async () => {
    const disk = new EventEmitter();
    const [asked, answered] = [once(disk, 'asked'), once(disk, 'answered')];
    const openToAppend = async (path: string) => {
      const file = await open(path, 'a', 0o600);
      return {
        writeFile: (bytes: Uint8Array) => file.writeFile(bytes),
        datasync: async () => {
          disk.emit('asked');
          await answered;
          await file.datasync();
        },
        close: () => file.close(),
      };
    };
    const store = storeWith({ openToAppend, limits: { fileBytes: 1e9, fileAgeMs: 1e12, files: 9 } });
    store.append(plain('start'));
    clock.advance(1000);
    await asked;
    const long = 'x'.repeat(1024 * 1024);
    for (let number = 0; number < 5; number++) store.append(change(`${number}${long}`));
    assert.deepEqual(troubles, [`write ${folder()}: the disk does not answer`]);
    store.append(change('gone'));
    clock.advance(3_600_000);
    assert.equal(clock.pending, 0, 'nobody queues up behind a write that hangs');
    assert.equal(troubles.length, 1);
    disk.emit('answered');
    await store.flush();
    store.append(change('later'));
    await store.close();
    assert.deepEqual(troubles.slice(1), [null]);
    const read = (await kinds()).map((kind) => kind.replace(long, ''));
    assert.deepEqual(read, ['start', ...[0, 1, 2, 3].map((kept) => `change ${kept}`), 'all', 'change later']);
    for await (const mark of readMarks({ stateDir, uid: UID }))
      if (mark.kind === 'all') assert.equal(mark.lost, true);
  });
});

describe('readMarks', () => {
  it('finds none where there is no folder', async () => assert.deepEqual(await kinds(), []));

  it('takes a last line without its end for cut off, but not while somebody writes', async () => {
    const store = storeWith();
    store.append(plain('start'));
    await store.close();
    await appendFile(first(), '{"k":"be');
    assert.deepEqual(await kinds(), ['start', 'unreadable']);
    assert.deepEqual(await kinds(true), ['start']);
  });

  it('believes no file that others can write, no link and no pipe', async () => {
    await mkdir(folder(), { mode: 0o700 });
    const line = '{"k":"start","t":1,"m":1}\n';
    await writeFile(join(stateDir, 'elsewhere'), line);
    await symlink(join(stateDir, 'elsewhere'), first());
    await writeFile(join(folder(), '00000002.jsonl'), line);
    await chmod(join(folder(), '00000002.jsonl'), 0o666);
    await mkdir(join(folder(), '00000003.jsonl'));
    await writeFile(join(folder(), '00000004.jsonl'), line, { mode: 0o600 });
    await writeFile(join(folder(), 'notes.txt'), 'hello');
    assert.deepEqual(await kinds(), ['unreadable', 'unreadable', 'unreadable', 'start']);
  });
});
