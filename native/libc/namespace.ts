/** Network namespaces of the calling thread: sockets belong for ever to the namespace in which they are opened. */
import { closeSync, openSync } from 'node:fs';
import { lastErrno, setns, unshare } from './binding.js';
import { CLONE_NEWNET } from './constants.js';
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
