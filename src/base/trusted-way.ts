/**
 * Decides whether a program may be started by the name that the file gives it. A program is started by its name and not where links
 * lead (one program may go by many names), so that who could change a link on the way could put another one there.
 */
import { lstat, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { judgeTrustedFile, type TrustDecision } from './trusted-file.js';

/** What one step of the way is. */
export interface StepFacts {
  readonly uid: number;
  readonly mode: number;
  /** Where a symbolic link leads, as it is written; null when it is none. */
  readonly link: string | null;
}

const WRITABLE_BY_OTHERS = 0o022;
/** As many links as Linux itself follows. */
const MOST_LINKS = 40;

/** @throws the system's error */
async function readStep(path: string): Promise<StepFacts> {
  const stats = await lstat(path);
  return { uid: stats.uid, mode: stats.mode, link: stats.isSymbolicLink() ? await readlink(path) : null };
}

/**
 * As `judgeTrustedFile`, but every folder and link by which the name leads to the file has to belong to root, and every folder
 * has to be writable by root alone, too.
 *
 * @param path absolute
 * @throws the system's error when something does not exist or cannot be looked at
 */
export async function judgeTrustedProgram(path: string): Promise<TrustDecision> {
  const reason = await faultOnTheWay(path);
  return reason === null ? await judgeTrustedFile(path, '') : { trusted: false, reason };
}

/** What is wrong, in words, with the folders and links by which a name leads to its file; null when nothing is. */
export async function faultOnTheWay(
  path: string,
  read: (path: string) => Promise<StepFacts> = readStep,
): Promise<string | null> {
  let at = '/';
  let links = 0;
  const steps = ['.', ...path.split('/')];
  for (let step = steps.shift(); step !== undefined; step = steps.shift()) {
    // A folder's parent is what is meant here: links on the way to it have been followed.
    const next = join(at, step);
    const { uid, mode, link } = await read(next);
    if (uid !== 0) return `${next} belongs to uid ${uid}, not to root`;
    if (link === null) {
      if ((mode & WRITABLE_BY_OTHERS) !== 0) return `${next} is writable by others than root`;
      at = next;
      continue;
    }
    if (++links > MOST_LINKS) return `${path} leads by too many links`;
    if (link.startsWith('/')) at = '/';
    steps.unshift(...link.split('/'));
  }
  return null;
}
