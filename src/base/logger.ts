/** Logs: JSON lines for collectors, one readable line for people on a terminal. */
import { pino, type Logger } from 'pino';
import { build as prettyStream } from 'pino-pretty';

export type { Logger };

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

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
 * Writes are synchronous, so that the last line before an exit is never lost. A reader that went away
 * (closed pipe) silences the log and does not end the director: it goes on balancing.
 */
export function createLogger(options: LoggerOptions): Logger {
  const destination = pino.destination({ dest: options.descriptor ?? 2, sync: true });
  destination.on('error', () => destination.destroy());
  const stream = options.pretty
    ? prettyStream({
        destination,
        sync: true,
        colorize: options.color,
        translateTime: 'SYS:HH:MM:ss.l',
        ignore: 'pid,hostname',
        singleLine: true,
      })
    : destination;
  return pino({ level: options.level, base: { pid: process.pid } }, stream);
}
