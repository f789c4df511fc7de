/**
 * One file of state_dir as bytes: JSON with a version and a checksum, so that a file that was cut off, mixed up or
 * changed by one bit is known for what it is. What a file says is believed whole or not at all.
 *
 *   {"format":1,"sha256":"<64 hex digits of the bytes of the content>","content":{...}}\n
 */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { z } from 'zod';
import type { Clock } from '../../base/clock.js';
import { plural } from '../../base/plural.js';
import { inTurns } from '../../base/take-turns.js';

/** What one file holds, and how. */
export interface StateFormat<Content> {
  /** Name in state_dir. */
  readonly fileName: string;
  /** Raised when older versions could not read what this one writes. */
  readonly format: number;
  /** The content as JSON values by name; lists, of whatever length, are written item by item. */
  toJson(content: Content): Readonly<Record<string, unknown>>;
  /** Checks everything and gives the content. */
  readonly schema: z.ZodType<Content>;
}

/** Why a file says nothing. */
export type VoidCause =
  /** It cannot be opened or read. */
  | 'unreadable'
  /** Somebody else could have written it: owner, mode, or no regular file. */
  | 'untrusted'
  /** Cut off, changed, or not what lvsd writes. */
  | 'damaged'
  /** Of another version of lvsd. */
  | 'format';

/** What a file of state_dir says; that it says nothing is an expected outcome. */
export type StateReading<Content, Cause extends string = VoidCause> =
  | { readonly kind: 'read'; readonly content: Content }
  /** There is no such file. */
  | { readonly kind: 'none' }
  /** `reason` is for people and names the file: `read /var/lib/lvsd/ownership.json: it is cut off`. */
  | { readonly kind: 'void'; readonly cause: Cause; readonly reason: string };

/** Far above what 50,000 servers need; a larger file is not lvsd's. */
const MOST_BYTES = 256 * 1024 * 1024;
const WRITABLE_BY_OTHERS = 0o022;
const HEAD = /^\{"format":(\d{1,9}),"sha256":"([0-9a-f]{64})","content":/;
const ANY_FORMAT = /^\{"format":(\d{1,9}),/;
const TAIL = '}\n';

/** About the bytes of one piece of a file, and what is held of it at once. */
const PIECE_CHARACTERS = 65_536;

/** The file's bytes in pieces. Lets the loop turn on long lists. @throws what `toJson` throws */
export async function encodeState<Content>(
  format: StateFormat<Content>,
  content: Content,
  clock: Clock,
): Promise<readonly Uint8Array[]> {
  const hash = createHash('sha256');
  const pieces: Uint8Array[] = [];
  let piece = '';
  const finish = (): void => {
    const bytes = Buffer.from(piece);
    hash.update(bytes);
    pieces.push(bytes);
    piece = '';
  };
  for await (const part of inTurns(jsonParts(format.toJson(content)), clock)) {
    piece += part;
    if (piece.length > PIECE_CHARACTERS) finish();
  }
  finish();
  const head = `{"format":${format.format},"sha256":"${hash.digest('hex')}","content":`;
  return [Buffer.from(head), ...pieces, Buffer.from(TAIL)];
}

/** One item of a list a line: people read these files too. */
function* jsonParts(fields: Readonly<Record<string, unknown>>): Generator<string> {
  let before = '{\n';
  for (const [name, value] of Object.entries(fields)) {
    yield `${before}${JSON.stringify(name)}:`;
    if (isList(value)) yield* listParts(value);
    else yield JSON.stringify(value);
    before = ',\n';
  }
  yield before === ',\n' ? '}' : '{}';
}

function* listParts(items: Iterable<unknown>): Generator<string> {
  let before = '[\n';
  for (const item of items) {
    yield before + JSON.stringify(item);
    before = ',\n';
  }
  yield before === ',\n' ? ']' : '[]';
}

function isList(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}

/** What a text says. Never throws. @param path for the reasons */
export function decodeState<Content>(
  format: StateFormat<Content>,
  bytes: Uint8Array,
  path: string,
): StateReading<Content> {
  const text = decodeUtf8(bytes);
  if (text === null) return voidOf(path, 'damaged', 'it is not text');
  const found = ANY_FORMAT.exec(text)?.[1];
  if (found !== undefined && Number(found) !== format.format) {
    const reason = `it has format ${found}, this version of lvsd reads format ${format.format}`;
    return voidOf(path, 'format', reason);
  }
  const body = intactBody(text);
  if (body === null) return voidOf(path, 'damaged', 'it is cut off or was changed');
  const checked = format.schema.safeParse(parseJson(body));
  if (checked.success) return { kind: 'read', content: checked.data };
  const faults = checked.error.issues;
  const where = faults[0]?.path.join('.') ?? '';
  const reason = `${plural(faults.length, 'value')} not as this version of lvsd writes ${faults.length === 1 ? 'it' : 'them'} (${where})`;
  return voidOf(path, 'damaged', reason);
}

function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** The content's text when the checksum is that of it. */
function intactBody(text: string): string | null {
  const head = HEAD.exec(text);
  if (head === null || !text.endsWith(TAIL)) return null;
  const body = text.slice(head[0].length, -TAIL.length);
  return createHash('sha256').update(body).digest('hex') === head[2] ? body : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * What the file says.
 *
 * Never rejects, and never waits on what is no regular file. Links are not followed.
 *
 * @param uid whose file it must be, if not root's
 */
export async function readState<Content>(
  format: StateFormat<Content>,
  path: string,
  uid: number,
): Promise<StateReading<Content>> {
  try {
    const found = await readTrusted(path, uid);
    return found instanceof Uint8Array ? decodeState(format, found, path) : found;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return { kind: 'none' };
    // open(2) with O_NOFOLLOW says this of a link.
    if (code === 'ELOOP') return voidOf(path, 'untrusted', 'it is a symbolic link');
    return voidOf(path, 'unreadable', message);
  }
}

async function readTrusted(path: string, uid: number): Promise<Uint8Array | StateReading<never>> {
  // Without O_NONBLOCK the open of a pipe waits for its writer.
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stats = await file.stat();
    if (!stats.isFile()) return voidOf(path, 'untrusted', 'it is not a regular file');
    if (stats.uid !== uid && stats.uid !== 0)
      return voidOf(path, 'untrusted', `it belongs to uid ${stats.uid}, neither to root nor to uid ${uid}`);
    if ((stats.mode & WRITABLE_BY_OTHERS) !== 0)
      return voidOf(path, 'untrusted', 'others than its owner may write it');
    if (stats.size > MOST_BYTES) return voidOf(path, 'damaged', `it has ${stats.size} bytes`);
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/** A reading that says nothing. */
export function voidOf<Cause extends string>(
  path: string,
  cause: Cause,
  reason: string,
): { readonly kind: 'void'; readonly cause: Cause; readonly reason: string } {
  return { kind: 'void', cause, reason: `read ${path}: ${reason}` };
}
