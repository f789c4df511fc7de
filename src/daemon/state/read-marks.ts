/** Reads the marks of a state_dir, one by one: they may be many. */
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { parseMark } from '../../report/mark-line.js';
import type { Mark, UnreadableMark } from '../../report/mark.js';
import { markFile, markFiles, markFolder } from './mark-folder.js';

export interface ReadMarksOptions {
  readonly stateDir: string;
  /** Whose files they must be, if not root's. */
  readonly uid: number;
  /** Somebody may be writing at the moment: a last line without its end is none yet. Default false: it was cut off. */
  readonly live?: boolean;
}

const UNREADABLE: UnreadableMark = { kind: 'unreadable' };
const WRITABLE_BY_OTHERS = 0o022;
/** Longer than any line that lvsd writes, characters. */
const LONGEST_LINE = 64 * 1024 * 1024;

/**
 * In the order in which they were written. A line that is no mark, and a file that others could have written, are one
 * `unreadable` each. None where there is no folder.
 *
 * @throws the file system's error when the folder or a file cannot be read
 */
export async function* readMarks(options: ReadMarksOptions): AsyncGenerator<Mark | UnreadableMark, void> {
  const folder = markFolder(options.stateDir);
  const numbers = await markFiles(folder);
  for (const number of numbers) {
    const file = await openTrusted(markFile(folder, number), options.uid);
    if (file === 'gone') continue;
    if (file === 'untrusted') yield UNREADABLE;
    else yield* marksIn(file, options.live === true && number === numbers.at(-1));
  }
}

async function* marksIn(file: FileHandle, isGrowing: boolean): AsyncGenerator<Mark | UnreadableMark, void> {
  let rest = '';
  for await (const piece of file.createReadStream({ encoding: 'utf8' })) {
    const lines = (rest + String(piece)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') yield parseMark(line) ?? UNREADABLE;
    if (rest.length > LONGEST_LINE) break;
  }
  if (rest !== '' && !isGrowing) yield UNREADABLE;
}

/** `gone`: deleted since the folder was listed, for it was the oldest. */
async function openTrusted(path: string, uid: number): Promise<FileHandle | 'gone' | 'untrusted'> {
  try {
    // Without O_NONBLOCK the open of a pipe waits for its writer.
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const found = await file.stat();
    const isOwn = found.uid === uid || found.uid === 0;
    if (found.isFile() && isOwn && (found.mode & WRITABLE_BY_OTHERS) === 0) return file;
    await file.close();
    return 'untrusted';
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return 'gone';
    if (code === 'ELOOP') return 'untrusted';
    throw error;
  }
}
