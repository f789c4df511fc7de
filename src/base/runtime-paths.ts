/** Where lvsd keeps its socket and its state when nobody says otherwise, and how such a folder is made safely. */
import { chmod, lstat, mkdir } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { DirectorError, reasonOf } from './errors.js';

/** What the defaults depend on; `runtimePaths` looks at nothing else. */
export interface RuntimeEnvironment {
  readonly uid: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** `os.tmpdir()`. */
  readonly tmpdir: string;
  /** `os.homedir()`. */
  readonly home: string;
}

export interface RuntimePaths {
  /** Absolute path of the control socket. */
  readonly socket: string;
  /** The socket's folder, and the mode it is made with. */
  readonly socketFolder: string;
  readonly socketFolderMode: number;
  /** Absolute path of the state folder. */
  readonly stateDir: string;
}

const SOCKET_NAME = 'lvsd.sock';
/** The group may come in: it is how an operator lets a group use the control socket. */
const SHARED_MODE = 0o750;
const PRIVATE_MODE = 0o700;
/** S_ISVTX of stat(2): set on folders in which everybody keeps files, such as /tmp. */
const STICKY = 0o1000;

/**
 * The defaults of one user: `/run/lvsd` and `/var/lib/lvsd` for root, else the XDG folders.
 *
 * Without `XDG_RUNTIME_DIR` the socket is in `lvsd-<uid>` of the temporary folder, which is shared with
 * strangers: make it with `ensurePrivateFolder`, which refuses one that somebody else put there first.
 *
 * @see XDG Base Directory Specification: a relative path in its variables is to be ignored
 */
export function runtimePaths(from: RuntimeEnvironment): RuntimePaths {
  if (from.uid === 0) return withSocketIn('/run/lvsd', SHARED_MODE, '/var/lib/lvsd');
  const state = absolute(from.environment['XDG_STATE_HOME']) ?? join(from.home, '.local', 'state');
  const runtime = absolute(from.environment['XDG_RUNTIME_DIR']);
  const stateDir = join(state, 'lvsd');
  if (runtime !== null) return withSocketIn(join(runtime, 'lvsd'), SHARED_MODE, stateDir);
  return withSocketIn(join(from.tmpdir, `lvsd-${from.uid}`), PRIVATE_MODE, stateDir);
}

function withSocketIn(socketFolder: string, socketFolderMode: number, stateDir: string): RuntimePaths {
  return { socket: join(socketFolder, SOCKET_NAME), socketFolder, socketFolderMode, stateDir };
}

function absolute(path: string | undefined): string | null {
  return path !== undefined && isAbsolute(path) ? path : null;
}

/**
 * Makes a folder with this very mode, or checks the one that is there: a real folder (no symbolic link),
 * owned by the caller or by root, in which nobody can write whom `mode` does not let write.
 *
 * Missing parents are made with the same mode. More readers than `mode` grants are left alone: that is the
 * choice of whoever made the folder.
 *
 * @param uid the caller's, for the check of the owner
 * @throws DirectorError ERR_FOLDER_UNSAFE when the folder that is there fails the check
 * @throws DirectorError ERR_FOLDER_CREATE when it cannot be made or looked at
 */
export async function ensurePrivateFolder(path: string, mode: number, uid: number): Promise<void> {
  const problem = await attempt(path, async () => {
    // mkdir's mode passes through the umask; chmod's does not.
    if ((await mkdir(path, { recursive: true, mode })) !== undefined) await chmod(path, mode);
    return problemOf(await lstat(path), mode, uid);
  });
  if (problem !== null)
    throw new DirectorError(`use folder ${path}: ${problem}`, {
      code: 'ERR_FOLDER_UNSAFE',
      details: { path },
    });
}

async function attempt<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new DirectorError(`create folder ${path}: ${reasonOf(cause)}`, {
      code: 'ERR_FOLDER_CREATE',
      details: { path },
      cause,
    });
  }
}

function problemOf(
  found: { isDirectory(): boolean; readonly uid: number; readonly mode: number },
  mode: number,
  uid: number,
): string | null {
  if (!found.isDirectory()) return 'it is a symbolic link, name the folder itself';
  if (found.uid !== uid && found.uid !== 0)
    return `it belongs to uid ${found.uid}, neither to root nor to uid ${uid}`;
  const loose = found.mode & 0o022 & ~mode;
  if (loose === 0) return null;
  const fault = `others may write in it (mode ${octal(found.mode)})`;
  // Never advise to close /tmp to everybody.
  if ((found.mode & STICKY) !== 0) return `${fault}: it is shared, name a folder of lvsd's own`;
  return `${fault}: name another, or take that away with chmod ${octal(found.mode & ~loose)}`;
}

function octal(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, '0');
}
