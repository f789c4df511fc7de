/** Logs: JSON lines for collectors, one readable line for people on a terminal. */
import { pino, type DestinationStream, type Logger } from 'pino';
import { prettyFactory } from 'pino-pretty';
import type { LogLevel } from './log-level.js';

export type { Logger };

export interface LoggerOptions {
  readonly level: LogLevel;
  /** One line a record instead of JSON. */
  readonly pretty: boolean;
  /** ANSI colours; only looked at with `pretty`. */
  readonly color: boolean;
  /** Descriptor to write to, 2 = standard error. */
  readonly descriptor?: number;
}

/**
 * Makes the logger of a process.
 *
 * Writes are synchronous, so that the last line before an exit is never lost. A log that cannot be written does not
 * end the director, which goes on balancing: a full disk costs the lines until there is room again, and after a
 * closed pipe, which nobody opens again, there is silence.
 */
export function createLogger(options: LoggerOptions): Logger {
  const lines = lastingDestination(options.descriptor ?? 2);
  const destination = options.pretty ? prettyLines(lines, options.color) : lines;
  return pino({ level: options.level, base: { pid: process.pid } }, destination);
}

/** pino's own falls silent at a closed pipe; after any other error it would throw at every record. */
function lastingDestination(descriptor: number): DestinationStream {
  const open = () =>
    pino.destination({ dest: descriptor, sync: true }).on('error', ({ code }: NodeJS.ErrnoException) => {
      if (code !== 'EPIPE') current = open();
    });
  let current = open();
  return { write: (line) => void current.write(line) };
}

function prettyLines(destination: DestinationStream, colorize: boolean): DestinationStream {
  const render = prettyFactory({
    colorize,
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'pid,hostname',
    singleLine: true,
  });
  return { write: (line) => destination.write(render(line)) };
}
