/** Reads the processes of this host from /proc. Blocks for some microseconds a call: /proc has no disk. */
import { closeSync, openSync, readdirSync, readSync } from 'node:fs';

/** Each throws what the system has thrown, if that is no news of a process: there are no descriptors left. */
export interface ProcessTable {
  pids(): readonly number[];
  /** null = there is none of this number any more, or it is hidden from lvsd. */
  stat(pid: number): string | null;
  /** null = as above; empty for a thread of the kernel. */
  cmdline(pid: number): string | null;
}

/** More of a command line is not looked at. */
const MOST_BYTES = 4096;

/** @param folder default `/proc` */
export function openProcessTable(folder = '/proc'): ProcessTable {
  const buffer = Buffer.allocUnsafe(MOST_BYTES);
  const read = (pid: number, file: string): string | null => {
    let descriptor: number;
    try {
      descriptor = openSync(`${folder}/${pid}/${file}`, 'r');
    } catch (error) {
      return nobody(error);
    }
    try {
      return buffer.toString('utf8', 0, readSync(descriptor, buffer, 0, MOST_BYTES, null));
    } catch (error) {
      return nobody(error);
    } finally {
      closeSync(descriptor);
    }
  };
  return {
    pids: () => readdirSync(folder).map(Number).filter(Number.isInteger),
    stat: (pid) => read(pid, 'stat'),
    cmdline: (pid) => read(pid, 'cmdline'),
  };
}

const ABSENT = new Set(['ENOENT', 'ESRCH', 'EPERM', 'EACCES']);

function nobody(error: unknown): null {
  if (ABSENT.has((error as NodeJS.ErrnoException).code ?? '')) return null;
  throw error;
}
