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

/** As many changes are held back at most. */
const longestBatch = 4096;

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
    for (const words of lines.push(piece)) if (await run.take(words)) return run.exitCode;
    await run.flush();
  }
  for (const words of lines.end()) if (await run.take(words)) return run.exitCode;
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
  async take(words: readonly string[]): Promise<boolean> {
    if (words.length === 0) return false;
    const command = await this.#parse(words);
    if (!(command instanceof Error) && command.kind === 'change') {
      this.#pending.push(command.request);
      if (this.#pending.length >= longestBatch) await this.flush();
      return false;
    }
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

  async #parse(words: readonly string[]): Promise<Command | NoCommandError | UsageError> {
    try {
      return await this.#host.parse(words);
    } catch (error) {
      if (error instanceof NoCommandError || error instanceof UsageError) return error;
      throw error;
    }
  }
}
