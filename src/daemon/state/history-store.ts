/**
 * The configurations that were applied, oldest first: one file each in `state_dir/history`, numbered from 1. Raw text, with
 * variables as written, so that no secret is stored.
 */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Clock } from '../../base/clock.js';
import { reasonOf } from '../../base/errors.js';
import { writeFileAtomically } from './atomic-file.js';
import { encodeState, readState, type StateFormat } from './state-file.js';

/** One configuration as it was applied. */
export interface HistoryEntry {
  /** Rises by 1; never given twice. */
  readonly number: number;
  /** Wall clock, ms since the epoch. */
  readonly appliedAtMs: number;
  /** Who asked for it: `uid 0`, `SIGHUP`, `start`. */
  readonly by: string;
  /** What was done: `start`, `reload`, `apply`, `rollback to 3`. */
  readonly why: string;
  /** One line: what changed in the table. */
  readonly summary: string;
  readonly digest: string;
  /** The file that lvsd was started with; absolute. */
  readonly file: string;
  /** Raw text by absolute path, the file itself first. */
  readonly files: ReadonlyMap<string, string>;
}

export interface HistoryListing {
  /** Oldest first. */
  readonly entries: readonly HistoryEntry[];
  /** One line for each entry that cannot be read; it is left out. */
  readonly warnings: readonly string[];
}

const text = z.string();
const format: StateFormat<HistoryEntry> = {
  fileName: 'history',
  format: 1,
  toJson: ({ files, ...entry }) => ({ ...entry, files: [...files] }),
  schema: z
    .strictObject({
      number: z.int().positive(),
      appliedAtMs: z.number().nonnegative(),
      by: text,
      why: text,
      summary: text,
      digest: text,
      file: text,
      files: z.array(z.tuple([text, text])),
    })
    .transform(({ files, ...entry }) => ({ ...entry, files: new Map(files) })),
};

const FOLDER_MODE = 0o700;
const NAME = /^(\d{1,9})\.json$/;

export class HistoryStore {
  readonly #folder: string;
  readonly #uid: number;
  readonly #clock: Clock;

  /** @param uid of this process: what others could have written is not believed */
  constructor(stateDir: string, uid: number, clock: Clock) {
    this.#folder = join(stateDir, 'history');
    this.#uid = uid;
    this.#clock = clock;
  }

  /** Never rejects: what cannot be read is left out, with a warning. */
  async list(): Promise<HistoryListing> {
    const entries: HistoryEntry[] = [];
    const warnings: string[] = [];
    for (const number of await this.#numbers()) {
      const reading = await readState(format, this.#path(number), this.#uid);
      if (reading.kind === 'read') entries.push(reading.content);
      else if (reading.kind === 'void') warnings.push(reading.reason);
    }
    return { entries, warnings };
  }

  /** null when there is none of that number, or it cannot be read. */
  async read(number: number): Promise<HistoryEntry | null> {
    const reading = await readState(format, this.#path(number), this.#uid);
    return reading.kind === 'read' ? reading.content : null;
  }

  /**
   * Adds an entry, unless the newest one has the very same text and `why` is no rollback, and drops the oldest ones.
   *
   * @param keep entries to keep; 0 keeps and writes none
   * @returns why it could not be kept, in one line; null when it is. Never rejects.
   */
  async append(entry: Omit<HistoryEntry, 'number'>, keep: number): Promise<string | null> {
    try {
      const numbers = await this.#numbers();
      const newest = numbers.at(-1);
      if (keep > 0 && !(await this.#isNewest(newest, entry))) {
        const number = (newest ?? 0) + 1;
        await mkdir(this.#folder, { recursive: true, mode: FOLDER_MODE });
        await writeFileAtomically(
          this.#path(number),
          await encodeState(format, { ...entry, number }, this.#clock),
        );
        numbers.push(number);
      }
      for (const number of numbers.slice(0, Math.max(0, numbers.length - keep)))
        await rm(this.#path(number), { force: true });
      return null;
    } catch (error) {
      return `write ${this.#folder}: ${reasonOf(error)}; this configuration is not in the history`;
    }
  }

  async #isNewest(
    newest: number | undefined,
    { files, why }: Omit<HistoryEntry, 'number'>,
  ): Promise<boolean> {
    if (newest === undefined || why.startsWith('rollback')) return false;
    const before = (await this.read(newest))?.files;
    return before?.size === files.size && [...files].every(([path, content]) => before.get(path) === content);
  }

  /** Ascending; empty where there is no folder. */
  async #numbers(): Promise<number[]> {
    try {
      const names = await readdir(this.#folder);
      const numbers = names.flatMap((name) => {
        const match = NAME.exec(name);
        return match === null ? [] : [Number(match[1])];
      });
      return numbers.sort((a, b) => a - b);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }

  #path(number: number): string {
    return join(this.#folder, `${number}.json`);
  }
}
