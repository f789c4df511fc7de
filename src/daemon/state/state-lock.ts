/**
 * One lvsd a state_dir.
 *
 * Each process has a lock file of its own name (`lvsd-<pid>-<start>.lock`). It writes its file first and looks for
 * others afterwards, so of two that start at once at least one sees the other, and never do both go on. A dead
 * process's name is never used again, so clearing it away cannot hit a living lock.
 */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DirectorError, reasonOf } from '../../base/errors.js';
import { ensurePrivateFolder } from '../../base/runtime-paths.js';
import { processIdentity, type ProcessIdentity } from './process-identity.js';

/** state_dir cannot be used, or another lvsd uses it. */
export class StateLockError extends DirectorError<{
  readonly stateDir: string;
  readonly holderPid: number | null;
}> {}

export interface StateLock {
  /** Gives the state_dir back. Idempotent. */
  release(): Promise<void>;
}

const STATE_DIR_MODE = 0o700;

const NAME = /^lvsd-(\d+)-(\d+)\.lock$/;

/**
 * Makes the state_dir (mode 0700) when it is missing and takes its lock.
 *
 * @throws DirectorError when the folder cannot be made, or others may write in it
 * @throws StateLockError (`ERR_STATE_LOCKED` another lvsd holds it, `ERR_STATE_DIR` it cannot be written)
 */
export async function acquireStateLock(stateDir: string, self = ownIdentity()): Promise<StateLock> {
  const own = lockName(self);
  const path = join(stateDir, own);
  await ensurePrivateFolder(stateDir, STATE_DIR_MODE, process.geteuid?.() ?? 0);
  await writeOwn(stateDir, path, self);
  const holder = await clearDeadAndFindHolder(stateDir, own);
  if (holder !== null) {
    await rm(path, { force: true });
    throw locked(stateDir, holder);
  }
  return { release: () => rm(path, { force: true }) };
}

function ownIdentity(): ProcessIdentity {
  return processIdentity(process.pid) ?? { pid: process.pid, startTicks: 0, bootId: '' };
}

function lockName(identity: ProcessIdentity): string {
  return `lvsd-${identity.pid}-${identity.startTicks}.lock`;
}

async function writeOwn(stateDir: string, path: string, self: ProcessIdentity): Promise<void> {
  try {
    await writeFile(path, `${self.bootId}\n`, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return takeOverOwn(stateDir, path, self);
    throw new StateLockError(`use state_dir ${stateDir}: ${reasonOf(error)}`, {
      code: 'ERR_STATE_DIR',
      details: { stateDir, holderPid: null },
      cause: error,
    });
  }
}

/** The very name of this process is there: a second director inside it, or what a crash left in an earlier boot. */
async function takeOverOwn(stateDir: string, path: string, self: ProcessIdentity): Promise<void> {
  if (await isHeld(path, self.pid, self.startTicks)) throw locked(stateDir, self.pid);
  await writeFile(path, `${self.bootId}\n`, { mode: 0o600 });
}

/**
 * Who uses a state_dir at this moment; null when nobody does. Changes nothing.
 *
 * @throws the file system's error when the folder cannot be read
 */
export async function stateHolder(stateDir: string): Promise<number | null> {
  for (const name of await readdir(stateDir)) {
    const match = NAME.exec(name);
    if (match === null) continue;
    const pid = Number(match[1]);
    if (await isHeld(join(stateDir, name), pid, Number(match[2]))) return pid;
  }
  return null;
}

/** The pid of a living holder, null when there is none; files of dead ones are removed on the way. */
async function clearDeadAndFindHolder(stateDir: string, own: string): Promise<number | null> {
  for (const name of await readdir(stateDir)) {
    const match = NAME.exec(name);
    if (match === null || name === own) continue;
    const pid = Number(match[1]);
    const path = join(stateDir, name);
    if (await isHeld(path, pid, Number(match[2]))) return pid;
    await rm(path, { force: true });
  }
  return null;
}

async function isHeld(path: string, pid: number, startTicks: number): Promise<boolean> {
  const alive = processIdentity(pid);
  if (alive?.startTicks !== startTicks) return false;
  const bootId = await readBootId(path);
  // An empty file belongs to a process that is between creating and writing it.
  return bootId !== null && (bootId === '' || bootId === alive.bootId);
}

/** null when the holder has released its lock in the meantime. */
async function readBootId(path: string): Promise<string | null> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function locked(stateDir: string, holderPid: number): StateLockError {
  return new StateLockError(
    `use state_dir ${stateDir}: another lvsd (pid ${holderPid}) uses it; stop that one, or give this one its own director.state_dir`,
    { code: 'ERR_STATE_LOCKED', details: { stateDir, holderPid } },
  );
}
