/** A file of the director says how a server is: an operator's flag, or what another program writes. */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { orAborted } from '../../base/abort.js';
import type { FileCheck } from '../../model/health-check.js';
import type { Checker, ProbeResult } from '../types.js';
import { WHOLE_LOAD, type Load } from '../../model/load.js';
import { failure, printable } from './failure.js';

/** More of a file is not read. */
const MAX_FILE_BYTES = 4096;

/** The path with its placeholders filled in. */
export type FileSettings = Pick<FileCheck, 'path' | 'mode'>;

/** Reads the beginning of the file once. */
export class FileChecker implements Checker {
  readonly #settings: FileSettings;
  /** A disk or a network that hangs holds a thread of the process: no second one is given to it. */
  #reading = false;

  constructor(settings: FileSettings) {
    this.#settings = settings;
  }

  async probe(signal: AbortSignal): Promise<ProbeResult> {
    const { path, mode } = this.#settings;
    const subject = `file ${path}`;
    if (this.#reading) return failure(subject, 'the read before has not ended');
    try {
      const content = await orAborted(this.#read(path), signal);
      return mode === 'flag' ? judgeFlag(subject, content) : judgeState(subject, content, mode);
    } catch (thrown) {
      return failure(subject, thrown);
    }
  }

  /** Null when there is no such file. */
  async #read(path: string): Promise<string | null> {
    this.#reading = true;
    try {
      // Without O_NONBLOCK a pipe that nobody writes to would hold it up for ever.
      const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
      try {
        if (!(await handle.stat()).isFile()) throw new Error('is no regular file');
        const { buffer, bytesRead } = await handle.read(Buffer.alloc(MAX_FILE_BYTES), 0, MAX_FILE_BYTES, 0);
        return buffer.subarray(0, bytesRead).toString('utf8');
      } finally {
        await handle.close();
      }
    } catch (thrown) {
      if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return null;
      throw thrown;
    } finally {
      this.#reading = false;
    }
  }
}

function judgeFlag(subject: string, content: string | null): ProbeResult {
  if (content === null) return { ok: true, detail: 'no flag' };
  return failure(subject, withNote('is there', firstLine(content)));
}

function judgeState(subject: string, content: string | null, mode: 'state' | 'weight'): ProbeResult {
  if (content === null) return failure(subject, 'is missing');
  const line = firstLine(content);
  const [word = '', ...rest] = line.split(/\s+/);
  const note = rest.join(' ');
  if (word === 'down') return failure(subject, withNote('down', note));
  const load = mode === 'weight' ? readLoad(word) : null;
  const well = load !== null || word === 'up';
  if (well) return { ok: true, detail: printable(withNote(word, note)), ...(load === null ? {} : { load }) };
  const expected = mode === 'weight' ? 'a weight, a percentage, up or down' : 'up or down';
  return failure(
    subject,
    word === '' ? 'is empty' : `begins with "${printable(word, 20)}", expected ${expected}`,
  );
}

const HIGHEST_WEIGHT = 65_535;
const HIGHEST_PERCENT = 1000;

/** `40` stands in place of the file's weight, `75%` is a share of it, `up` is all of it; null for anything else. */
function readLoad(word: string): Load | null {
  if (word === 'up') return WHOLE_LOAD;
  const [, digits, percent] = /^(\d{1,5})(%?)$/.exec(word) ?? [];
  if (digits === undefined) return null;
  const value = Number(digits);
  if (percent === '%') return value <= HIGHEST_PERCENT ? { weight: null, share: value / 100 } : null;
  return value <= HIGHEST_WEIGHT ? { weight: value, share: 1 } : null;
}

function firstLine(content: string): string {
  return content.split('\n', 1)[0]?.trim() ?? '';
}

function withNote(word: string, note: string): string {
  return note === '' ? word : `${word}: ${note}`;
}
