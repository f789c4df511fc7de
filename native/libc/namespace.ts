/** Network namespaces of the calling thread: sockets belong for ever to the namespace in which they are opened. */
import { closeSync, openSync } from 'node:fs';
import { endianness } from 'node:os';
import { close, getsockopt, lastErrno, setns, socket, unshare } from './binding.js';
import { AF_UNIX, CLONE_NEWNET, SO_NETNS_COOKIE, SOCK_CLOEXEC, SOCK_DGRAM, SOL_SOCKET } from './constants.js';
import { SyscallError } from './errno.js';

/**
 * Moves this thread into a new, empty network namespace, whose loopback is down.
 *
 * Sockets opened and children started by this thread afterwards are in it; those of Node's thread pool are not.
 *
 * @throws SyscallError; `EPERM` without CAP_SYS_ADMIN
 * @see unshare(2)
 */
export function enterNewNetworkNamespace(): void {
  if (unshare(CLONE_NEWNET) === -1) throw new SyscallError('unshare', lastErrno(), 'network namespace');
}

/**
 * Moves this thread into the network namespace that `path` stands for, `/run/netns/NAME` or `/proc/PID/ns/net`.
 *
 * @throws SyscallError; the platform's own error when the path cannot be opened
 * @see setns(2)
 */
export function enterNetworkNamespace(path: string): void {
  const fd = openSync(path, 'r');
  try {
    if (setns(fd, CLONE_NEWNET) === -1) throw new SyscallError('setns', lastErrno(), path);
  } finally {
    closeSync(fd);
  }
}

/**
 * Gives the number of this thread's network namespace that is never given again during this boot, unlike the inode of
 * `/proc/self/ns/net`.
 *
 * @returns null on kernels before 5.14. Never throws.
 * @see socket(7), SO_NETNS_COOKIE
 */
export function networkNamespaceCookie(): bigint | null {
  const fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd === -1) return null;
  const cookie = new BigUint64Array(1);
  const length = new DataView(new ArrayBuffer(4));
  length.setUint32(0, cookie.byteLength, endianness() === 'LE');
  const result = getsockopt(
    fd,
    SOL_SOCKET,
    SO_NETNS_COOKIE,
    new Uint8Array(cookie.buffer),
    new Uint8Array(length.buffer),
  );
  close(fd);
  return result === -1 ? null : (cookie[0] ?? null);
}

/**
 * Runs `body` in a new, empty network namespace and comes back before it returns, whatever happens.
 *
 * Nothing else of this thread runs meanwhile, since `body` is synchronous. The namespace goes with the last socket that was
 * opened in it. A return that fails is thrown, and the thread is lost for everything else: its process is best ended.
 *
 * @throws SyscallError; `EPERM` without CAP_SYS_ADMIN, before `body` is called
 */
export function inNewNetworkNamespace<Result>(body: () => Result): Result {
  // as long as a descriptor of it is open, the former namespace has a path
  const former = openSync('/proc/thread-self/ns/net', 'r');
  try {
    enterNewNetworkNamespace();
    try {
      return body();
    } finally {
      enterNetworkNamespace(`/proc/self/fd/${former}`);
    }
  } finally {
    closeSync(former);
  }
}
