/** Files of /proc and /sys: read whole, written in one call, their failures as `SyscallError`. */
import { closeSync, constants, openSync, readFileSync, writeSync } from 'node:fs';
import { SyscallError } from '../libc/errno.js';

/**
 * Runs calls of `node:fs` on `path`, and translates what they throw.
 *
 * @throws SyscallError `<syscall> <path>: <errno>`
 */
export function withFileErrors<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    const { errno, syscall } = error as NodeJS.ErrnoException;
    if (errno === undefined || syscall === undefined) throw error;
    throw new SyscallError(syscall, Math.abs(errno), path);
  }
}

/** Gives the text of a small file. @throws SyscallError */
export function readText(path: string): string {
  return withFileErrors(path, () => readFileSync(path, 'latin1'));
}

/** Gives the text of a small file, or null where there is none. @throws SyscallError for any other failure */
export function readTextIfThere(path: string): string | null {
  try {
    return readText(path);
  } catch (error) {
    if (error instanceof SyscallError && error.details.errno === 'ENOENT') return null;
    throw error;
  }
}

/**
 * Replaces the content of a file that exists, with one write(2): the kernel takes each for a value of its own.
 *
 * @throws SyscallError
 */
export function writeText(path: string, text: string): void {
  withFileErrors(path, () => {
    const fd = openSync(path, constants.O_WRONLY | constants.O_TRUNC);
    try {
      writeSync(fd, text);
    } finally {
      closeSync(fd);
    }
  });
}
