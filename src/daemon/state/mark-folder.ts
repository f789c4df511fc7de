/**
 * The folder `report` of state_dir: marks in numbered files, oldest first. Files are begun anew by size and age, and the
 * oldest are deleted, so that no more is kept than the limits say.
 */
import { mkdir, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

export interface FolderLimits {
  /** A file that has reached it is the last but one, bytes. */
  readonly fileBytes: number;
  /** A file whose first mark is older is the last but one, ms. */
  readonly fileAgeMs: number;
  /** So many are kept. Not by their age: a clock that is set wrong would delete them all. */
  readonly files: number;
}

const DAY_MS = 86_400_000;

/** 32 MiB, about 300,000 changes, or sixteen months, whichever is less. */
export const LIMITS: FolderLimits = {
  fileBytes: 2 * 1024 * 1024,
  fileAgeMs: 31 * DAY_MS,
  files: 16,
};

const FOLDER_MODE = 0o700;
const NAME = /^(\d{8})\.jsonl$/;

export function markFolder(stateDir: string): string {
  return join(stateDir, 'report');
}

export function markFile(folder: string, number: number): string {
  return join(folder, `${String(number).padStart(8, '0')}.jsonl`);
}

/** Numbers of the files, ascending; none where there is no folder. */
export async function markFiles(folder: string): Promise<number[]> {
  try {
    const names = await readdir(folder);
    return names.flatMap((name) => Number(NAME.exec(name)?.[1] ?? [])).sort((a, b) => a - b);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

export interface NewestFile {
  readonly number: number;
  readonly bytes: number;
  /** Wall clock of its first mark; null where that cannot be told. */
  readonly begunMs: number | null;
  /** The last line was cut off. */
  readonly isTorn: boolean;
}

/** What to go on with; null when there is nothing yet. Makes the folder. */
export async function newestFile(folder: string): Promise<NewestFile | null> {
  await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  const number = (await markFiles(folder)).at(-1);
  if (number === undefined) return null;
  const file = await open(markFile(folder, number), 'r');
  try {
    const { size: bytes } = await file.stat();
    const head = (await file.read(Buffer.alloc(64), 0, 64, 0)).buffer.toString('latin1');
    const last = (await file.read(Buffer.alloc(1), 0, 1, Math.max(0, bytes - 1))).buffer[0];
    const begun = /"t":(\d+)/.exec(head)?.[1];
    return {
      number,
      bytes,
      begunMs: begun === undefined ? null : Number(begun),
      isTorn: bytes > 0 && last !== 0x0a,
    };
  } finally {
    await file.close();
  }
}

/** Deletes the oldest files beyond the limit. */
export async function dropOldFiles(folder: string, limits: FolderLimits): Promise<void> {
  const numbers = await markFiles(folder);
  for (const number of numbers.slice(0, Math.max(0, numbers.length - limits.files)))
    await rm(markFile(folder, number), { force: true });
}
