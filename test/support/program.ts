/** The program `lvsd` as a process of its own, run from its sources. */
import { spawn, type ChildProcess, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

export type Program = ChildProcessByStdio<null, Readable, Readable>;

const started: Program[] = [];

/**
 * Starts it; `killPrograms` ends it at the latest.
 *
 * @param output a descriptor for its standard output; then `stdout` is null
 */
export function lvsd(
  words: readonly string[],
  environment: Record<string, string> = {},
  output: 'pipe' | number = 'pipe',
): Program {
  const program = spawn(process.execPath, ['--import', 'tsx', main, ...words], {
    stdio: ['ignore', output, 'pipe'],
    env: { ...process.env, ...environment },
  }) as Program;
  started.push(program);
  return program;
}

/** Waits for the end; null when a signal ended it. */
export async function exitCode(program: Program): Promise<number | null> {
  const [code] = (await once(program, 'exit')) as [number | null];
  return code;
}

/** Ends a process and waits for its end. Harmless when it has ended, or was never started. */
export async function endProcess(child: ChildProcess | null, signal: NodeJS.Signals): Promise<void> {
  if (child?.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill(signal);
  await exit;
}

/** Reads lines until one matches. */
export async function lineLike(lines: AsyncIterator<string>, pattern: RegExp): Promise<string> {
  for (;;) {
    const line = await lines.next();
    if (line.done === true) throw new Error(`ended before ${String(pattern)}`);
    if (pattern.test(line.value)) return line.value;
  }
}

/** The lines of an output, to be taken one by one. */
export function linesOf(stream: Readable): AsyncIterator<string> {
  return createInterface({ input: stream })[Symbol.asyncIterator]();
}

/** Ends what a test has left. */
export function killPrograms(): void {
  for (const program of started) program.kill('SIGKILL');
}
