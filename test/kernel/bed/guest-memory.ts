/** Where the guest's memory lies on the host: a file that the kernel maps, executable, and that grows as the guest uses it. */
import { readFileSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';

/**
 * /dev/shm where that may hold programs and has room for all of it; else the folder for temporary files, which is slower.
 *
 * Containers often have a /dev/shm of 64 MB, mounted noexec. There the guest would die of a bus error.
 *
 * @param mounts the text of /proc/mounts
 */
export function memoryFolder(memoryMb: number, mounts = readMounts()): string {
  const shared = '/dev/shm';
  const entry = mounts
    .split('\n')
    .map((line) => line.split(' '))
    .findLast(([, point]) => point === shared);
  const [, , , flags = 'noexec'] = entry ?? [];
  if (flags.split(',').includes('noexec')) return tmpdir();
  const { bavail, bsize } = statfsSync(shared);
  return bavail * bsize < memoryMb * 1_048_576 ? tmpdir() : shared;
}

function readMounts(): string {
  return readFileSync('/proc/mounts', 'utf8');
}
