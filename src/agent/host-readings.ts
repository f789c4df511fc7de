/** Reads this host's figures from /proc, which everybody may. */
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { reasonOf } from '../base/errors.js';
import { ConnectionCounter, parseLoad, parseMemory } from './proc-text.js';
import type { Readings } from './share.js';

export interface HostReadings {
  readonly readings: Readings;
  /** One line each: what could not be read, and why. */
  readonly troubles: readonly string[];
}

export interface ReadingOptions {
  /** Local ports whose connections are counted; none: nobody asks for connections, and nothing is read. */
  readonly ports: readonly number[];
  /** Default `/proc`. */
  readonly proc?: string;
}

const LEFT_OUT = 'it is left out of the weight';

/** Never rejects: what cannot be read is null and told. */
export async function readHost({ ports, proc = '/proc' }: ReadingOptions): Promise<HostReadings> {
  const troubles: string[] = [];
  const attempt = async <T>(what: string, read: () => Promise<T | null>): Promise<T | null> => {
    try {
      const value = await read();
      if (value === null) troubles.push(`read ${what}: what is looked for is not in it; ${LEFT_OUT}`);
      return value;
    } catch (error) {
      troubles.push(`read ${what}: ${reasonOf(error)}; ${LEFT_OUT}`);
      return null;
    }
  };
  const text = (path: string): Promise<string> => readFile(path, 'utf8');
  const [loadFile, memoryFile] = [join(proc, 'loadavg'), join(proc, 'meminfo')];
  const [perMinute, memory, connections] = await Promise.all([
    attempt(loadFile, async () => parseLoad(await text(loadFile))),
    attempt(memoryFile, async () => parseMemory(await text(memoryFile))),
    ports.length === 0 ? null : attempt(join(proc, 'net'), () => countConnections(join(proc, 'net'), ports)),
  ]);
  const load = perMinute === null ? null : { perMinute, cpus: Math.max(1, cpus().length) };
  return { readings: { load, memory, connections }, troubles };
}

/** IPv6 may be switched off, and has no file then. */
async function countConnections(folder: string, ports: readonly number[]): Promise<number> {
  const v4 = await countIn(join(folder, 'tcp'), ports);
  const v6 = await countIn(join(folder, 'tcp6'), ports).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  });
  return v4 + v6;
}

/** In pieces: a busy server has a hundred thousand lines. */
async function countIn(path: string, ports: readonly number[]): Promise<number> {
  const counter = new ConnectionCounter(ports);
  for await (const piece of createReadStream(path, 'latin1')) counter.take(piece as string);
  return counter.count;
}
