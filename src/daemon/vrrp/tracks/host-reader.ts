/** Reads what limits of the host are about. */
import { readFile, realpath, statfs } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { parseLoad, parseMemory } from '../../../agent/proc-text.js';
import { mountOf } from './mount-of.js';

/** A path on a file system, as it is now. */
export interface DiskReading {
  /** Share of the file system that everybody may fill, 0..1. */
  readonly free: number;
  readonly isReadOnly: boolean;
  /** The unit keeps lvsd from seeing what is there. */
  readonly isHidden: boolean;
}

/** Each rejects with what the system has said. */
export interface HostReader {
  /** Load average of a minute, of each processor. */
  load(): Promise<number>;
  /** Share of the memory that is available, 0..1. */
  memory(): Promise<number>;
  /** May never settle: a file system of another host can be gone. */
  disk(path: string): Promise<DiskReading>;
}

/** What systemd covers paths with that a unit may not see. */
const INACCESSIBLE = '/systemd/inaccessible/';

export const systemHost: HostReader = {
  load: async () => {
    const load = parseLoad(await readFile('/proc/loadavg', 'utf8'));
    if (load === null) throw new Error('there is no load average in /proc/loadavg');
    return load / Math.max(1, availableParallelism());
  },
  memory: async () => {
    const memory = parseMemory(await readFile('/proc/meminfo', 'utf8'));
    if (memory === null) throw new Error('there is no MemAvailable in /proc/meminfo');
    return memory.availableBytes / memory.totalBytes;
  },
  disk: async (path) => {
    const real = await realpath(path);
    const mount = mountOf(await readFile('/proc/self/mountinfo', 'utf8'), real);
    const { blocks, bavail } = await statfs(real);
    return {
      // One without blocks, such as /proc, cannot be full.
      free: blocks === 0 ? 1 : bavail / blocks,
      isReadOnly: mount?.isReadOnly ?? false,
      isHidden: mount?.root.includes(INACCESSIBLE) === true,
    };
  },
};
