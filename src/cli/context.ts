/** What a command may do to the world around it, so that every command runs in a test without a process. */
import type { Clock } from '../base/clock.js';

export interface CliContext {
  /** Writes to standard output as it is: the text brings its line ends. */
  readonly out: (text: string) => void;
  /** Writes to standard error. */
  readonly err: (text: string) => void;
  /** Colours on standard output. */
  readonly color: boolean;
  /** Sets the exit code; the process ends when nothing is left to do. 0 ok, 1 failed, 2 usage. */
  exit(code: number): void;
  /** Colours on standard error. */
  readonly errorColor: boolean;
  /** Standard output is a terminal: it can be redrawn. */
  readonly terminal: boolean;
  /** Somebody sits there to answer: standard input and standard error are terminals. */
  readonly interactive: boolean;
  /** Columns and rows of the terminal at this moment; null elsewhere. */
  size(): { readonly columns: number; readonly rows: number } | null;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly hostName: string;
  readonly uid: number;
  readonly clock: Clock;
  /** Asks on standard error and waits for a line on standard input. */
  ask(question: string): Promise<string>;
  /** Aborts at the first SIGINT, SIGTERM or SIGHUP from now on; a command that takes it must then end. */
  interrupted(): AbortSignal;
}
