/** Programs of the system, run to their end without a shell, and without anything of the caller's environment. */
import { spawnSync } from 'node:child_process';

export interface CommandResult {
  /** Null where the program was not started or was killed. */
  readonly exitStatus: number | null;
  /** Standard error. */
  readonly output: string;
  /** Why it was not started or did not end by itself. */
  readonly error: NodeJS.ErrnoException | null;
}

/** Runs a program to its end without a shell. Never throws. */
export type CommandRunner = (program: string, args: readonly string[]) => CommandResult;

/** After this a program is killed. */
export const commandLimitMs = 30_000;

/**
 * All that a program is told: root may run it for a caller whose PATH names a folder of somebody else, and programs take
 * options from their environment. English, for the words are shown.
 */
export const commandEnvironment = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };

/**
 * Runs a program of the system's own folders. One that does not end in time is killed, which it cannot refuse: `error` has
 * the code `ETIMEDOUT` then. A program that waits inside the kernel ends only when the kernel lets it.
 */
export function runCommand(
  program: string,
  args: readonly string[],
  limitMs: number = commandLimitMs,
): CommandResult {
  const result = spawnSync(program, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: limitMs,
    killSignal: 'SIGKILL',
    env: commandEnvironment,
  });
  const killed = result.signal === null ? null : new Error(`ended by ${result.signal}`);
  return {
    exitStatus: result.status,
    output: result.error === undefined ? result.stderr : '',
    error: result.error ?? killed,
  };
}
