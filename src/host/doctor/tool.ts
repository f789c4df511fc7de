/** Programs of the system whose output is read, run without a shell and without the caller's environment. */
import { spawnSync } from 'node:child_process';
import type { ToolAnswer } from './types.js';

/** A table of packet filter rules may be large. */
const mostBytes = 64 * 1024 * 1024;
const limitMs = 20_000;
/** Root may run it for a caller whose PATH names a folder of somebody else. English, for the words are read. */
const environment = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };

/** Gives what a program printed; null where there is none, or where it did not end in time. Never throws. */
export function runTool(program: string, words: readonly string[]): ToolAnswer | null {
  const { status, stdout, error } = spawnSync(program, words, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: limitMs,
    killSignal: 'SIGKILL',
    maxBuffer: mostBytes,
    env: environment,
  });
  return error === undefined ? { exitStatus: status, output: stdout } : null;
}
