/**
 * The copy of the last accepted configuration: the raw text of the file and its includes, in state_dir.
 * Variables are kept as written (`${VAR}`), so a secret given that way is not stored.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DirectorError, reasonOf } from '../../base/errors.js';
import { writeFileAtomically } from './atomic-file.js';

const FORMAT = 1;

export interface LastGood {
  /** Wall clock, ms since the epoch. */
  readonly savedAtMs: number;
  readonly digest: string;
  /** The file that lvsd was started with; absolute. */
  readonly file: string;
  /** Raw text by absolute path, the file itself included. */
  readonly files: ReadonlyMap<string, string>;
}

/** As it lies in the file. */
interface StoredCopy extends Omit<LastGood, 'files'> {
  readonly format: typeof FORMAT;
  readonly files: Readonly<Record<string, string>>;
}

/** The stored copy cannot be used; `lvsd run` then goes on as if there were none, and says so. */
export class LastGoodError extends DirectorError<{ readonly path: string }> {}

export class LastGoodStore {
  readonly path: string;

  constructor(stateDir: string) {
    this.path = join(stateDir, 'last-good.json');
  }

  /**
   * Stores the copy, or says in one line why it could not.
   *
   * That is no failure of what is stored: a configuration is not refused because a disk is full.
   */
  async remember(copy: LastGood): Promise<string | null> {
    try {
      await this.write(copy);
      return null;
    } catch (error) {
      return `write ${this.path}: ${reasonOf(error)}; there is nothing to fall back to should the file become bad`;
    }
  }

  /** Replaces the stored copy; it is there whole or not at all. */
  async write(copy: LastGood): Promise<void> {
    const stored: StoredCopy = { format: FORMAT, ...copy, files: Object.fromEntries(copy.files) };
    await writeFileAtomically(this.path, `${JSON.stringify(stored, null, 2)}\n`);
  }

  /**
   * The stored copy, null when there is none.
   *
   * @throws LastGoodError when it cannot be read or is not one of this format
   */
  async read(): Promise<LastGood | null> {
    const text = await this.#text();
    if (text === null) return null;
    const stored = parseJson(text);
    if (!isStoredCopy(stored)) throw this.#unusable('is not a copy that this version wrote');
    const { savedAtMs, digest, file, files } = stored;
    return { savedAtMs, digest, file, files: new Map(Object.entries(files)) };
  }

  async #text(): Promise<string | null> {
    try {
      return await readFile(this.path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw this.#unusable(reasonOf(error), error);
    }
  }

  #unusable(reason: string, cause?: unknown): LastGoodError {
    return new LastGoodError(`read last good configuration ${this.path}: ${reason}`, {
      code: 'ERR_LAST_GOOD',
      details: { path: this.path },
      cause,
    });
  }
}

/** undefined for what is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isStoredCopy(value: unknown): value is StoredCopy {
  if (typeof value !== 'object' || value === null) return false;
  const copy = value as Partial<Record<keyof StoredCopy, unknown>>;
  return (
    copy.format === FORMAT &&
    typeof copy.savedAtMs === 'number' &&
    typeof copy.digest === 'string' &&
    typeof copy.file === 'string' &&
    typeof copy.files === 'object' &&
    copy.files !== null &&
    copy.file in copy.files &&
    Object.values(copy.files).every((text) => typeof text === 'string')
  );
}
