/** The record as a file that is either the old one or the new one, whenever the machine stops. */
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { reasonOf } from '../../base/errors.js';
import { RealServerError } from './errors.js';
import { formatRecord, parseRecord, type RealServerRecord, type RecordStore } from './record.js';

export class RecordFile implements RecordStore {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  load(): RealServerRecord | null {
    let text: string;
    try {
      text = readOwn(this.path);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return null;
      const next = code === 'EACCES' ? 'run it as root' : 'look at it, and who made it';
      throw this.#failure('read', code ?? reasonOf(error), next, error);
    }
    try {
      return parseRecord(text);
    } catch (error) {
      const next = 'look at it; if it is worthless, remove it and take the changes back by hand';
      throw this.#failure('read', reasonOf(error), next, error);
    }
  }

  save(record: RealServerRecord | null): void {
    try {
      if (record === null) rmSync(this.path, { force: true });
      else this.#replace(formatRecord(record));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const next = 'run it as root, or name another file with --state';
      throw this.#failure('write', code ?? reasonOf(error), next, error);
    }
  }

  #replace(text: string): void {
    const folder = dirname(this.path);
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    const temporary = `${this.path}.tmp`;
    rmSync(temporary, { force: true });
    withDescriptor(openSync(temporary, 'wx', 0o600), (fd) => {
      writeSync(fd, text);
      fsyncSync(fd);
    });
    renameSync(temporary, this.path);
    withDescriptor(openSync(folder, constants.O_RDONLY), fsyncSync);
  }

  #failure(verb: 'read' | 'write', reason: string, next: string, cause: unknown): RealServerError {
    const message = `${verb} record ${this.path}: ${reason}; ${next}`;
    return new RealServerError('ERR_REALSERVER_RECORD', message, { cause });
  }
}

/** Undo does as root what the record says: one that somebody else may have written is not read. */
function readOwn(path: string): string {
  return withDescriptor(openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW), (fd) => {
    const { uid, mode } = fstatSync(fd);
    if (uid !== 0 && uid !== process.geteuid?.()) throw new Error(`it belongs to user ${uid}`);
    if ((mode & 0o022) !== 0) throw new Error('others may write it');
    return readFileSync(fd, 'utf8');
  });
}

function withDescriptor<Result>(fd: number, use: (fd: number) => Result): Result {
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}
