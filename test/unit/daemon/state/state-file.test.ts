import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, chown, mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { z } from 'zod';
import {
  decodeState,
  encodeState,
  readState,
  type StateFormat,
  type StateReading,
} from '../../../../src/daemon/state/state-file.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { seededRandom } from '../../../support/random.js';

interface Note {
  readonly title: string;
  readonly lines: readonly string[];
}

const noteFormat: StateFormat<Note> = {
  fileName: 'note.json',
  format: 3,
  toJson: ({ title, lines }) => ({ title, lines }),
  schema: z.strictObject({ title: z.string(), lines: z.array(z.string()) }),
};

const note: Note = { title: 'Grüße "an" \u2028 alle \ud83d\ude00 \ud800', lines: ['a', '', '{"}\n'] };
const clock = new FakeClock();
const encoder = new TextEncoder();
const encode = async (content: Note): Promise<Uint8Array> =>
  Buffer.concat(await encodeState(noteFormat, content, clock));
const decode = (bytes: Uint8Array): StateReading<Note> => decodeState(noteFormat, bytes, '/s/note.json');
const seed = Number(process.env['LVSD_TEST_SEED'] ?? 4);

describe('encodeState and decodeState', () => {
  it('give back what was written', async () => {
    assert.deepEqual(decode(await encode(note)), { kind: 'read', content: note });
  });

  it('write JSON that other programs can read', async () => {
    const text = new TextDecoder().decode(await encode(note));
    const parsed = JSON.parse(text) as { format: number; content: Note };
    assert.equal(parsed.format, 3);
    assert.deepEqual(parsed.content, note);
  });

  it('write empty lists and empty contents', async () => {
    const empty: StateFormat<object> = { ...noteFormat, toJson: () => ({}), schema: z.strictObject({}) };
    const bytes = Buffer.concat(await encodeState(empty, {}, clock));
    assert.equal(decodeState(empty, bytes, '/s').kind, 'read');
    const without = { title: '', lines: [] };
    assert.deepEqual(decode(await encode(without)), { kind: 'read', content: without });
  });

  it('let the loop turn while a long list is written', async () => {
    let turns = 0;
    const busy = new FakeClock();
    const ticking = {
      wallMs: () => 0,
      nowMs: () => {
        busy.advance(1);
        return busy.nowMs();
      },
      after: (delayMs: number, callback: () => void) => {
        turns++;
        setImmediate(callback);
        return busy.after(delayMs, () => undefined);
      },
    };
    const lines = Array.from({ length: 10_000 }, (_, index) => `line ä ${index}`);
    const pieces = await encodeState(noteFormat, { title: '', lines }, ticking);
    assert.ok(turns > 5, `${turns} turns`);
    assert.ok(pieces.length > 3, `${pieces.length} pieces`);
    assert.deepEqual(decode(Buffer.concat(pieces)), { kind: 'read', content: { title: '', lines } });
  });

  it('find a file damaged that was cut off after any byte', async () => {
    const bytes = await encode(note);
    for (let length = 0; length < bytes.length; length++)
      assert.equal(causeOf(decode(bytes.subarray(0, length))), 'damaged', `${length} bytes`);
  });

  it('find a file void in which any one bit changed', async () => {
    const bytes = await encode({ title: 't', lines: ['x', 'y'] });
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = bytes.slice();
      changed[bit >> 3]! ^= 1 << (bit & 7);
      assert.equal(decode(changed).kind, 'void', `bit ${bit}`);
    }
  });

  it('find a file void with anything behind or before it, or any stretch gone or doubled', async () => {
    const bytes = await encode(note);
    const random = seededRandom(seed);
    for (const extra of [0, 10, 32, 125]) {
      assert.equal(decode(Uint8Array.of(...bytes, extra)).kind, 'void');
      assert.equal(decode(Uint8Array.of(extra, ...bytes)).kind, 'void');
    }
    for (let round = 0; round < 500; round++) {
      const from = random.int(0, bytes.length - 1);
      const to = random.int(from + 1, bytes.length);
      const gone = [...bytes.subarray(0, from), ...bytes.subarray(to)];
      const doubled = [...bytes.subarray(0, to), ...bytes.subarray(from)];
      const name = `seed ${seed}, bytes ${from} to ${to}`;
      assert.equal(decode(Uint8Array.from(gone)).kind, 'void', name);
      assert.equal(decode(Uint8Array.from(doubled)).kind, 'void', name);
    }
  });

  it('never throw, whatever the bytes are', () => {
    const random = seededRandom(seed);
    const pieces = [
      '{"format":',
      '3',
      '4',
      ',"sha256":"',
      '0'.repeat(64),
      '","content":',
      '{}',
      '}\n',
      '\xff',
    ];
    for (let round = 0; round < 2_000; round++) {
      const text = Array.from({ length: random.int(0, 9) }, () => random.pick(pieces)).join('');
      assert.equal(decode(Buffer.from(text, 'latin1')).kind, 'void', `seed ${seed}: ${text}`);
    }
  });

  it('tell another version from damage', async () => {
    const later = { ...noteFormat, format: 4 };
    const reading = decode(Buffer.concat(await encodeState(later, note, clock)));
    assert.equal(causeOf(reading), 'format');
    assert.match(reasonOf(reading), /^read \/s\/note\.json: it has format 4, .* reads format 3$/);
    assert.equal(causeOf(decode(encoder.encode('{"format":9,"kind":"something else"}'))), 'format');
  });

  const contents: readonly { name: string; content: unknown }[] = [
    { name: 'a missing value', content: { title: 'a' } },
    { name: 'a value of another type', content: { title: 'a', lines: [1] } },
    { name: 'a value that nobody knows', content: { title: 'a', lines: [], more: 1 } },
  ];
  for (const { name, content } of contents) {
    it(`refuse ${name} as a whole`, async () => {
      const anything: StateFormat<object> = {
        ...noteFormat,
        toJson: (value) => ({ ...value }),
        schema: z.looseObject({}),
      };
      const bytes = Buffer.concat(await encodeState(anything, content as object, clock));
      assert.equal(causeOf(decode(bytes)), 'damaged');
    });
  }
});

describe('readState', () => {
  const uid = process.getuid?.() ?? 0;
  let folder: string;
  let path: string;
  const read = (): Promise<StateReading<Note>> => readState(noteFormat, path, uid);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lvsd-state-file-'));
    path = join(folder, noteFormat.fileName);
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('knows that there is none', async () => {
    assert.deepEqual(await read(), { kind: 'none' });
  });

  it('gives what is there', async () => {
    await writeFile(path, await encode(note), { mode: 0o600 });
    assert.deepEqual(await read(), { kind: 'read', content: note });
  });

  it('does not wait for a pipe', async () => {
    execFileSync('mkfifo', [path]);
    assert.equal(causeOf(await read()), 'untrusted');
  });

  it('believes neither a folder nor a link', async () => {
    await mkdir(path);
    assert.equal(causeOf(await read()), 'untrusted');
    await rm(path, { recursive: true });
    const elsewhere = join(folder, 'elsewhere');
    await writeFile(elsewhere, await encode(note), { mode: 0o600 });
    await symlink(elsewhere, path);
    assert.equal(causeOf(await read()), 'untrusted');
  });

  it('does not believe a file that others may write', async () => {
    await writeFile(path, await encode(note));
    for (const mode of [0o620, 0o602, 0o666]) {
      await chmod(path, mode);
      assert.equal(causeOf(await read()), 'untrusted', mode.toString(8));
    }
  });

  it('does not believe a file of another user', async () => {
    await writeFile(path, await encode(note), { mode: 0o600 });
    if (uid === 0) await chown(path, 4242, 4242);
    // Without root's rights the caller is the one who is somebody else.
    const reading = await readState(noteFormat, path, uid === 0 ? 0 : uid + 1);
    assert.equal(causeOf(reading), 'untrusted');
    assert.match(reasonOf(reading), /belongs to uid \d+, neither to root nor to uid \d+$/);
  });

  it('says of a path that cannot be looked at that it is unreadable', async () => {
    await writeFile(path, '');
    const reading = await readState(noteFormat, join(path, 'below'), uid);
    assert.equal(causeOf(reading), 'unreadable');
    assert.match(reasonOf(reading), /ENOTDIR/);
  });

  it('does not read what is far too large', async () => {
    await writeFile(path, '', { mode: 0o600 });
    await truncate(path, 2 ** 30);
    assert.equal(causeOf(await read()), 'damaged');
  });
});

function causeOf(reading: StateReading<Note>): string {
  return reading.kind === 'void' ? reading.cause : reading.kind;
}

function reasonOf(reading: StateReading<Note>): string {
  return reading.kind === 'void' ? reading.reason : '';
}
