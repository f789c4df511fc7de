/**
 * Runs a program of the file once: in a process group of its own, which is killed as a whole when the program ends or its time is
 * over, with a clean environment and bounded output. Who may be run and with which rights is launch.ts's.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { orAborted } from './abort.js';
import { reasonOf } from './errors.js';
import type { Launch } from './launch.js';

/** What the program gets of the director's, beside its words. */
export interface ProgramInput {
  /** Its environment, but for PATH and LANG; nothing else is in it. */
  readonly environment: Readonly<Record<string, string>>;
  /** Written to its standard input, which is then closed; without it there is nothing to read. */
  readonly stdin?: string;
}

/** How it ended. */
export interface ProgramEnd {
  /** null when it ended by a signal. */
  readonly code: number | null;
  /** For people; null for exit code 0: "exit code 3", "killed by SIGTERM". */
  readonly outcome: string | null;
  /** The first line that it wrote, to either output. */
  readonly line: string;
}

/** More output is a program that floods: it is killed. */
const MAX_OUTPUT_BYTES = 64 * 1024;

/**
 * Resolves when the program has ended and closed its outputs.
 *
 * @param signal kills the whole group
 * @throws the signal's reason; an Error whose cause is the system's when the program cannot be started
 */
export async function runProgram(
  { file, words }: Launch,
  { environment, stdin }: ProgramInput,
  signal: AbortSignal,
): Promise<ProgramEnd> {
  signal.throwIfAborted();
  const child = spawn(file, [...words], {
    // A session of its own, hence a group of its own.
    detached: true,
    cwd: '/',
    stdio: [stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    env: {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      LANG: 'C.UTF-8',
      ...environment,
    },
  });
  await started(child);
  if (stdin !== undefined) feed(child, stdin);
  const output = new Output(child, () => killGroup(child));
  const closed = new Promise((resolve) => child.once('close', resolve));
  try {
    const end = await exit(child, signal);
    await orAborted(closed, signal).catch((thrown: unknown) => {
      throw new Error(`what it started holds its output open: ${reasonOf(thrown)}`, { cause: thrown });
    });
    return output.flooded
      ? { code: null, outcome: `more than ${MAX_OUTPUT_BYTES} bytes of output, killed`, line: '' }
      : { ...end, line: output.line };
  } finally {
    child.stdin?.destroy();
    child.stdout?.destroy();
    child.stderr?.destroy();
  }
}

/** A program need not read what it is given. */
function feed({ stdin }: ChildProcess, text: string): void {
  stdin?.on('error', () => undefined);
  stdin?.end(text);
}

/**
 * Rejects when the program was not started: without descriptors it has not even outputs.
 *
 * @throws the system's error
 */
async function started(child: ChildProcess): Promise<void> {
  if (child.pid !== undefined) return;
  const [error] = (await once(child, 'error')) as [Error];
  throw notStarted(error);
}

function notStarted(error: Error): Error {
  const reason = 'code' in error ? String(error.code) : error.message;
  return new Error(`start: ${reason}`, { cause: error });
}

/**
 * Waits for the program's end, and ends with it everything of its group; kills all at an abort.
 *
 * @throws the abort's reason; the error of a program that could not be started
 */
async function exit(child: ChildProcess, signal: AbortSignal): Promise<Omit<ProgramEnd, 'line'>> {
  const abort = (): void => killGroup(child);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', (error) => reject(notStarted(error)));
      child.once('exit', (code, signalName) => {
        // Children that it left behind would pile up run by run.
        killGroup(child);
        if (signal.aborted) reject(signal.reason as Error);
        else resolve({ code, outcome: outcomeOf(code, signalName) });
      });
    });
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function outcomeOf(code: number | null, signalName: string | null): string | null {
  if (code === null) return `killed by ${signalName}`;
  return code === 0 ? null : `exit code ${code}`;
}

/** Everything that the program started and that did not make a session of its own. */
function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // it is gone
  }
}

/** The beginning of both outputs together. */
class Output {
  flooded = false;
  #bytes = 0;
  #text = '';

  constructor(child: ChildProcess, stop: () => void) {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.#bytes += chunk.length;
        if (this.#text.length < MAX_OUTPUT_BYTES) this.#text += chunk.toString('utf8');
        if (this.#bytes <= MAX_OUTPUT_BYTES) return;
        this.flooded = true;
        stop();
      });
      stream?.on('error', () => undefined);
    }
  }

  get line(): string {
    return this.#text.trimStart().split('\n', 1)[0]?.trim() ?? '';
  }
}
