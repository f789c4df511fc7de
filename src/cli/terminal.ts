/** The context of a real process. */
import { once } from 'node:events';
import { hostname } from 'node:os';
import { createInterface } from 'node:readline/promises';
import { realClock } from '../base/clock.js';
import { wantsColor } from './colors.js';
import type { CliContext } from './context.js';
import { EXIT_FAILED } from './failure.js';
import { outputFailure } from './output-failure.js';

/** Wires a context to this process's streams, signals and exit code. */
export function processContext(): CliContext {
  const { stdin, stdout, stderr, env } = process;
  let interruption: AbortController | null = null;
  // A command that has something to put in order hears of it and ends by itself.
  const end = (): void => (interruption === null ? process.exit() : interruption.abort());
  stdout.on('error', (error: Error) => takeFailure('standard output', error, end));
  stderr.on('error', (error: Error) => takeFailure('standard error', error, end));
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    color: wantsColor(stdout.isTTY, env),
    errorColor: wantsColor(stderr.isTTY, env),
    exit: (code) => {
      process.exitCode = code;
    },
    terminal: stdout.isTTY,
    interactive: stdin.isTTY && stderr.isTTY,
    // A terminal without a window (some of scripts and CI) says 0.
    size: () => (stdout.isTTY && stdout.rows > 0 ? { columns: stdout.columns, rows: stdout.rows } : null),
    environment: env,
    hostName: hostname(),
    uid: process.geteuid?.() ?? 0,
    clock: realClock,
    ask,
    interrupted: () => {
      interruption ??= abortedBySignals();
      return interruption.signal;
    },
  };
}

/** `lvsd events | head` is no error: who closed the pipe has seen enough. */
function takeFailure(name: string, error: NodeJS.ErrnoException, end: () => void): void {
  const failure = outputFailure(name, error);
  if (failure.kind === 'lost') {
    process.exitCode = EXIT_FAILED;
    if (name !== 'standard error') process.stderr.write(`lvsd: ${failure.message}\n`);
  }
  end();
}

async function ask(question: string): Promise<string> {
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  try {
    // The end of the input is an answer too: none. So are Ctrl-D and Ctrl-C, which reject the question.
    const none = once(reader, 'close').then(() => '');
    return await Promise.race([reader.question(question).catch(() => none), none]);
  } finally {
    reader.close();
  }
}

function abortedBySignals(): AbortController {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => controller.abort());
  return controller;
}
