/**
 * Runs `-R`: a command a line. Changes that follow one another go to the kernel together; what they answer is told in the
 * order of the lines.
 */
import type { IpvsRequest } from '../../native/ipvs/types.js';
import type { Command } from './command.js';
import { kernelMessage } from './kernel-messages.js';
import { LineSplitter } from './line-splitter.js';
import type { Session } from './session.js';
import { NoCommandError, UsageError } from './usage-error.js';

/** What a line did to the run. */
export interface Outcome {
  readonly exitCode: number;
  /** Whether the lines behind it are left alone. */
  readonly stop: boolean;
}

export interface RestoreHost {
  parse(words: readonly string[]): Promise<Command> | Command;
  /** Runs what is no change. */
  run(command: Command): Promise<Outcome>;
  complain(error: NoCommandError | UsageError): Promise<Outcome>;
}

/** As many changes are held back at most: some datagrams full, and few enough for the young part of the heap. */
const longestBatch = 1024;

/**
 * Runs the lines as they come, those of one piece of input together. A refusal of the kernel does not stop the run, a usage
 * error does. The exit status is that of the last line.
 *
 * @returns the exit status
 * @throws TableUnavailableError
 */
export async function restore(session: Session, host: RestoreHost): Promise<number> {
  await session.table();
  const run = new RestoreRun(session, host);
  const lines = new LineSplitter();
  for await (const piece of session.context.stdin) {
    if (await run.takeAll(lines.push(piece))) return run.exitCode;
    await run.flush();
  }
  if (await run.takeAll(lines.end())) return run.exitCode;
  await run.flush();
  return run.exitCode;
}

class RestoreRun {
  exitCode = 0;
  readonly #session: Session;
  readonly #host: RestoreHost;
  #pending: IpvsRequest[] = [];

  constructor(session: Session, host: RestoreHost) {
    this.#session = session;
    this.#host = host;
  }

  /** @returns whether the run ends here */
  async takeAll(lines: Iterable<readonly string[]>): Promise<boolean> {
    for (const words of lines) {
      if (words.length === 0) continue;
      const parsed = this.#parse(words);
      // a promise a line would be most of the work of a large file
      const command = parsed instanceof Promise ? await parsed : parsed;
      if (!(command instanceof Error) && command.kind === 'change') this.#pending.push(command.request);
      else if (await this.#runApart(command)) return true;
      if (this.#pending.length >= longestBatch) await this.flush();
    }
    return false;
  }

  /** What is no change, after all that came before it. @returns whether the run ends here */
  async #runApart(command: Parsed): Promise<boolean> {
    await this.flush();
    const outcome = await (command instanceof Error ? this.#host.complain(command) : this.#host.run(command));
    this.exitCode = outcome.exitCode;
    return outcome.stop;
  }

  async flush(): Promise<void> {
    const requests = this.#pending;
    if (requests.length === 0) return;
    this.#pending = [];
    const { table } = await this.#session.table();
    const errors = table.batch(requests);
    const complaints = errors.map((error) => (error === null ? '' : `${kernelMessage(error)}\n`)).join('');
    if (complaints !== '') await this.#session.context.stderr.write(complaints);
    this.exitCode = (errors.at(-1) ?? null) === null ? 0 : 255;
  }

  #parse(words: readonly string[]): Parsed | Promise<Parsed> {
    try {
      const parsed = this.#host.parse(words);
      return parsed instanceof Promise ? parsed.catch(usageErrorOf) : parsed;
    } catch (error) {
      return usageErrorOf(error);
    }
  }
}

type Parsed = Command | NoCommandError | UsageError;

/** @throws what is no error of the line's */
function usageErrorOf(error: unknown): NoCommandError | UsageError {
  if (error instanceof NoCommandError || error instanceof UsageError) return error;
  throw error;
}
