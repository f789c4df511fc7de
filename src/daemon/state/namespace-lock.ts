/**
 * One lvsd that drives the kernel in a network namespace: whoever listens on one abstract unix socket.
 *
 * Abstract names belong to the network namespace, as the kernel's table does, and the kernel frees them when their
 * process ends, however it ends. Any user may bind one, so a holder is told with its pid and uid and what it may be.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { DirectorError, reasonOf } from '../../base/errors.js';
import { loadPeerOf } from './peer-credentials.js';

/** Who holds the name. */
export interface NamespaceHolder {
  /** null when it is of another pid namespace, or the kernel does not tell. */
  readonly pid: number | null;
  readonly uid: number | null;
  /** Its command, null when it cannot be looked at. */
  readonly command: string | null;
  /** False when it cannot be an lvsd that drives the kernel, null when that is not known. */
  readonly mayDriveKernel: boolean | null;
}

/** Another process has the network namespace, or the lock cannot be taken. */
export class NamespaceLockError extends DirectorError<{ readonly holder: NamespaceHolder | null }> {}

export interface NamespaceLock {
  /** Gives the namespace back. Idempotent and awaited. */
  release(): Promise<void>;
}

/** sizeof(sun_path) of unix(7). */
const NAME_BYTES = 108;
export const KERNEL_LOCK_NAME = 'lvsd/kernel';
/** A holder that ends between the two calls makes the name free again. */
const ATTEMPTS = 3;
/** CAP_NET_ADMIN of capabilities(7). */
const NET_ADMIN = 1n << 12n;

/**
 * The abstract address of a name.
 *
 * Filled with NUL to the full length, for the versions of Node differ in whether they do that themselves, and only
 * equal bytes are the same name.
 */
export function abstractAddress(name: string): string {
  return `\0${name}`.padEnd(NAME_BYTES, '\0');
}

/**
 * Takes the lock of the calling thread's network namespace.
 *
 * The lock does not keep the process alive.
 *
 * @param name default: the one lock of lvsd's kernel plane; tests have their own
 * @throws NamespaceLockError ERR_NAMESPACE_LOCKED when another process has it, ERR_NAMESPACE_LOCK when the system
 *   has no such sockets or refuses one
 */
export async function acquireNamespaceLock(name = KERNEL_LOCK_NAME): Promise<NamespaceLock> {
  const address = abstractAddress(name);
  for (let attempt = 1; ; attempt++) {
    const server = await listen(address);
    if (server !== null) return lockOf(server);
    const found = await findHolder(address);
    if (found !== 'gone' || attempt === ATTEMPTS) throw lockedBy(name, found === 'gone' ? UNKNOWN : found);
  }
}

const UNKNOWN: NamespaceHolder = { pid: null, uid: null, command: null, mayDriveKernel: null };

/** null when the name is taken. */
async function listen(address: string): Promise<Server | null> {
  // Who connects wants to know who listens, which the kernel tells; there is nothing to say.
  const server = createServer((socket) => socket.on('error', () => undefined).destroy());
  try {
    server.listen(address);
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return null;
    throw new NamespaceLockError(`lock network namespace: ${reasonOf(error)}`, {
      code: 'ERR_NAMESPACE_LOCK',
      details: { holder: null },
      cause: error,
    });
  }
  // A descriptor that cannot be accepted leaves the name bound, which is all that the lock is.
  server.on('error', () => undefined);
  return server.unref();
}

function lockOf(server: Server): NamespaceLock {
  let released: Promise<void> | null = null;
  return {
    release: () => (released ??= new Promise((resolve) => server.close(() => resolve()))),
  };
}

async function findHolder(address: string): Promise<NamespaceHolder | 'gone'> {
  const peerOf = await loadPeerOf();
  const socket = connect(address);
  try {
    await once(socket, 'connect');
    const peer = peerOf(socket);
    if (peer === null) return UNKNOWN;
    if (peer.pid === 0) return { ...UNKNOWN, uid: peer.uid };
    return { pid: peer.pid, uid: peer.uid, ...lookAt(peer.pid) };
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ECONNREFUSED' ? 'gone' : UNKNOWN;
  } finally {
    socket.on('error', () => undefined).destroy();
  }
}

/** @see proc_pid_status(5) */
function lookAt(pid: number): Pick<NamespaceHolder, 'command' | 'mayDriveKernel'> {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const capabilities = /^CapPrm:\s*([0-9a-f]+)$/m.exec(status)?.[1];
    return {
      command: /^Name:\s*(.*)$/m.exec(status)?.[1] ?? null,
      mayDriveKernel: capabilities === undefined ? null : (BigInt(`0x${capabilities}`) & NET_ADMIN) !== 0n,
    };
  } catch {
    return { command: null, mayDriveKernel: null };
  }
}

function lockedBy(name: string, holder: NamespaceHolder): NamespaceLockError {
  return new NamespaceLockError(`lock network namespace: ${reasonFor(name, holder)}`, {
    code: 'ERR_NAMESPACE_LOCKED',
    details: { holder },
  });
}

function reasonFor(name: string, holder: NamespaceHolder): string {
  const who = nameOf(holder);
  const look = `see "ss -xlp | grep ${name}"`;
  if (holder.mayDriveKernel === false)
    return `${who} holds the name @${name} but cannot drive the kernel, so it is no director; end it`;
  if (holder.pid === null)
    return `${who} drives the kernel here; stop it (${look}), or run this one in a network namespace of its own`;
  return `another lvsd drives the kernel here: ${who}; stop that one, or run this one in a network namespace of its own`;
}

function nameOf({ pid, uid, command }: NamespaceHolder): string {
  const of = uid === null ? '' : ` of uid ${uid}`;
  if (pid === null) return `a process${of} that cannot be looked at`;
  return `pid ${pid}${of}${command === null ? '' : ` (${command})`}`;
}
