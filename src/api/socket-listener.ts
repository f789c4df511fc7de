/**
 * Binds the control socket: a folder in which nobody else can write, mode 0660 from the first moment, never over a
 * living one.
 */
import { lstat, unlink } from 'node:fs/promises';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { reasonOf } from '../base/errors.js';
import { ensurePrivateFolder } from '../base/runtime-paths.js';
import { apiError } from './errors.js';
import { listening } from './listening.js';

/** struct sockaddr_un has 108 bytes for the path and its end; a longer one would be cut in silence. */
const LONGEST_PATH_BYTES = 107;
/** Leaves 0660 of the 0777 that bind gives a socket. */
const SOCKET_UMASK = 0o117;

export interface SocketAddress {
  readonly path: string;
  /** Mode of the socket's folder if it has to be made. */
  readonly folderMode: number;
}

/**
 * Makes `server` listen on a unix socket; a socket that nobody answers on any more is replaced.
 *
 * @param uid the caller's own, which with root may own the folder
 * @throws ApiError ERR_API_SOCKET_IN_USE when somebody answers there
 * @throws ApiError ERR_API_SOCKET_PATH when the path is too long, holds something else, or cannot be bound
 * @throws DirectorError ERR_FOLDER_UNSAFE, ERR_FOLDER_CREATE for the folder
 */
export async function listenOnSocket(server: Server, address: SocketAddress, uid: number): Promise<void> {
  const { path, folderMode } = address;
  const length = Buffer.byteLength(path);
  if (length > LONGEST_PATH_BYTES)
    throw pathError(path, `the path has ${length} bytes, a socket's may have ${LONGEST_PATH_BYTES}`);
  await ensurePrivateFolder(dirname(path), folderMode, uid);
  await removeStale(path);
  try {
    await listening(server, () => withUmask(SOCKET_UMASK, () => server.listen({ path })));
  } catch (cause) {
    throw pathError(path, reasonOf(cause), cause);
  }
}

async function removeStale(path: string): Promise<void> {
  const kind = await kindOf(path);
  if (kind === 'absent') return;
  if (kind === 'other') throw pathError(path, 'something that is not a socket is there');
  if (await answers(path))
    throw apiError(
      'ERR_API_SOCKET_IN_USE',
      `listen on ${path}: another lvsd answers on it; stop that one, or name another socket`,
    );
  try {
    await unlink(path);
  } catch (cause) {
    throw pathError(path, reasonOf(cause), cause);
  }
}

async function kindOf(path: string): Promise<'absent' | 'socket' | 'other'> {
  try {
    return (await lstat(path)).isSocket() ? 'socket' : 'other';
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return 'absent';
    throw pathError(path, reasonOf(cause), cause);
  }
}

/** Whether a process accepts on the socket, also one too busy to accept just now. */
async function answers(path: string): Promise<boolean> {
  const outcome = await new Promise<NodeJS.ErrnoException | null>((resolve) => {
    const probe = connect(path, () => {
      probe.destroy();
      resolve(null);
    });
    probe.on('error', resolve);
  });
  if (outcome === null || outcome.code === 'EAGAIN') return true;
  if (outcome.code === 'ECONNREFUSED') return false;
  throw pathError(path, outcome.message, outcome);
}

/** The umask is the process's, so `work` must not wait: node binds a unix socket within the call of listen. */
function withUmask(mask: number, work: () => void): void {
  const before = process.umask(mask);
  try {
    work();
  } finally {
    process.umask(before);
  }
}

function pathError(path: string, reason: string, cause?: unknown): Error {
  return apiError('ERR_API_SOCKET_PATH', `listen on ${path}: ${reason}`, cause);
}

function errnoOf(thrown: unknown): string | undefined {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : undefined;
}
