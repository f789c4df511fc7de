/** The context of a real process. */
import { once } from 'node:events';
import { hostname } from 'node:os';
import { createInterface } from 'node:readline/promises';
import { realClock } from '../base/clock.js';
import { wantsColor } from './colors.js';
import type { CliContext } from './context.js';

/** Wires a context to this process's streams, signals and exit code. */
export function processContext(): CliContext {
  const { stdin, stdout, stderr, env } = process;
  ignoreClosedPipe(stdout);
  ignoreClosedPipe(stderr);
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
    interrupted,
  };
}

/** `lvsd events | head` is no error: who closed the pipe has seen enough. */
function ignoreClosedPipe(stream: NodeJS.WriteStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
}

async function ask(question: string): Promise<string> {
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  try {
    // The end of the input (Ctrl-D) is an answer too: none.
    return await Promise.race([reader.question(question), once(reader, 'close').then(() => '')]);
  } finally {
    reader.close();
  }
}

function interrupted(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => controller.abort());
  return controller.signal;
}
