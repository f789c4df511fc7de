/** Programs of the system that read a text and print another, run without a shell and without the caller's environment. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
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

/** The rules of a large packet filter take a few megabytes. A program that prints more is killed. */
const mostCharacters = 64 * 1024 * 1024;

/** Runs a program of the system's own folders; the loop turns meanwhile. One that does not end in time is killed. */
export async function exchange(
  program: string,
  args: readonly string[],
  input: string,
  limitMs: number = commandLimitMs,
): Promise<ExchangeResult> {
  let file: FileHandle | null = null;
  try {
    file = input === '' ? null : await hold(input);
    return await run(program, args, file?.fd ?? 'ignore', limitMs);
  } catch (error) {
    return { exitStatus: null, output: '', complaint: '', error: error as NodeJS.ErrnoException };
  } finally {
    await file?.close();
  }
}

/**
 * The text as a file without a name, to be read from its start. Not a pipe: node's are sockets, and nft opens its
 * standard input a second time, by name, which no socket allows.
 */
async function hold(input: string): Promise<FileHandle> {
  const folder = await mkdtemp(join(tmpdir(), 'lvsd-'));
  try {
    const file = await open(join(folder, 'input'), 'wx+', 0o600);
    // At a position, so that the descriptor itself stays at the start.
    const bytes = Buffer.from(input);
    for (let at = 0; at < bytes.length;)
      at += (await file.write(bytes, at, bytes.length - at, at)).bytesWritten;
    return file;
  } finally {
    await rm(folder, { recursive: true });
  }
}

function run(
  program: string,
  args: readonly string[],
  input: number | 'ignore',
  limitMs: number,
): Promise<ExchangeResult> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      stdio: [input, 'pipe', 'pipe'],
      env: commandEnvironment,
      timeout: limitMs,
      killSignal: 'SIGKILL',
    });
    const [output, complaint] = [collect(child, child.stdout), collect(child, child.stderr)];
    const end = (exitStatus: number | null, error: Error | null): void =>
      resolve({ exitStatus, output: output(), complaint: complaint(), error });
    child.on('error', (error) => end(null, error));
    child.on('close', (exitStatus, signal) =>
      end(exitStatus, signal === null ? null : new Error(`ended by ${signal}`)),
    );
  });
}

function collect(child: ChildProcess, stream: Readable | null): () => string {
  let text = '';
  stream?.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
    if (text.length > mostCharacters) child.kill('SIGKILL');
  });
  return () => text;
}
