/** Programs of the system that read a text and print another, run without a shell and without the caller's environment. */
import { execFile } from 'node:child_process';
import { commandEnvironment, commandLimitMs } from './command.js';

/** What became of a program. */
export interface ExchangeResult {
  /** Null where the program was not started or was killed. */
  readonly exitStatus: number | null;
  readonly output: string;
  /** Standard error. */
  readonly complaint: string;
  /** Why it was not started or did not end by itself. */
  readonly error: NodeJS.ErrnoException | null;
}

/** Runs a program to its end with this input. Never rejects. */
export type Exchange = (program: string, args: readonly string[], input: string) => Promise<ExchangeResult>;

/** The rules of a large packet filter take a few megabytes. */
const mostBytes = 64 * 1024 * 1024;

/** Runs a program of the system's own folders; the loop turns meanwhile. One that does not end in time is killed. */
export function exchange(
  program: string,
  args: readonly string[],
  input: string,
  limitMs: number = commandLimitMs,
): Promise<ExchangeResult> {
  return new Promise((resolve) => {
    const child = execFile(
      program,
      args,
      {
        encoding: 'utf8',
        env: commandEnvironment,
        maxBuffer: mostBytes,
        timeout: limitMs,
        killSignal: 'SIGKILL',
      },
      (error, output, complaint) => {
        const { exitCode } = child;
        const reason = exitCode === null ? (error as NodeJS.ErrnoException | null) : null;
        resolve({ exitStatus: exitCode, output, complaint, error: reason });
      },
    );
    // One that ends before it has read everything says why by itself.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}
