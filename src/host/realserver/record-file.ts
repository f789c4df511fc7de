/** The record as a file that is either the old one or the new one, whenever the machine stops. */
import {
  closeSync,
  constants,
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
      text = readFileSync(this.path, 'utf8');
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return null;
      throw this.#failure('read', code ?? reasonOf(error), 'run it as root', error);
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

function withDescriptor(fd: number, use: (fd: number) => void): void {
  try {
    use(fd);
  } finally {
    closeSync(fd);
  }
}
