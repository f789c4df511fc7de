/** lvsadm as a function: a command line and its surroundings in, an exit status out. */
import type { Command, OfUserspace } from './command.js';
import type { LvsadmContext, TextSink } from './context.js';
import { kernelMessage } from './kernel-messages.js';
import { list } from './list.js';
import { ListingError } from './listing-error.js';
import { LookupNeeded, withHosts } from './names.js';
import { TableUnavailableError } from './open-failure.js';
import { parseCommandLine } from './parse.js';
import type { Outcome, RestoreHost } from './restore.js';
import { refusalOf, Session } from './session.js';
import { NoCommandError, UsageError } from './usage-error.js';

/** What `-v` says, so that scripts which compare versions find what they know. */
export const versionText = 'ipvsadm v1.31 2019/12/24 (compiled with popt and IPVS v1.2.1)';

/**
 * Runs one command line.
 *
 * @param argv the words behind the program's name
 * @returns the exit status: 0; 1 for a listing that failed; 2 for a usage error and a table that cannot be had; 255 for what
 *   the kernel refused and for words that are no options; 1 in the place of 0 when complaints could not be written
 * @throws what standard input and output throw; what is no answer to be expected of the kernel
 */
export async function runLvsadm(argv: readonly string[], context: LvsadmContext): Promise<number> {
  const stderr = new PatientSink(context.stderr);
  const session = new Session({ ...context, stderr });
  const host = new Host(session);
  try {
    const { exitCode } = await host.runWords(argv);
    return exitCode === 0 && stderr.failed ? 1 : exitCode;
  } catch (error) {
    if (!(error instanceof TableUnavailableError)) throw error;
    await stderr.write(`${error.message}\n`);
    return 2;
  } finally {
    session.close();
  }
}

/** Complaints that nobody can be told of: a full disk under a log must not leave half of the rules undone. */
class PatientSink implements TextSink {
  readonly #sink: TextSink;
  failed = false;

  constructor(sink: TextSink) {
    this.#sink = sink;
  }

  async write(text: string): Promise<void> {
    try {
      await this.#sink.write(text);
    } catch {
      this.failed = true;
    }
  }
}

class Host implements RestoreHost {
  readonly #session: Session;
  readonly #context: LvsadmContext;

  constructor(session: Session) {
    this.#session = session;
    this.#context = session.context;
  }

  async runWords(words: readonly string[]): Promise<Outcome> {
    try {
      const command = await this.parse(words);
      if (command.kind === 'restore')
        return { exitCode: await this.#restore(command.checkFirst), stop: true };
      return await this.run(command);
    } catch (error) {
      if (error instanceof NoCommandError || error instanceof UsageError) return this.complain(error);
      throw error;
    }
  }

  /** Waits only for the first look-up of a host name. */
  parse(words: readonly string[]): Command | Promise<Command> {
    const { names } = this.#session;
    const read = (): Command =>
      parseCommandLine(words, { names, stopAtOperand: this.#context.stopAtOperand });
    try {
      return read();
    } catch (error) {
      if (!(error instanceof LookupNeeded)) throw error;
      return withHosts(names, read);
    }
  }

  async run(command: Command): Promise<Outcome> {
    switch (command.kind) {
      case 'help': {
        const { helpText } = await import('./help.js');
        await this.#context.stdout.write(helpText(this.#context.programName));
        return { exitCode: 0, stop: true };
      }
      case 'version':
        await this.#context.stdout.write(`${versionText}\n`);
        return { exitCode: 0, stop: true };
      case 'change':
        return this.#change(command.request);
      case 'restore':
        // a file of rules that reads itself
        return this.complain(new NoCommandError());
      case 'userspace':
        return this.#listUserspace(command.command);
      default:
        return this.#list(command, this.#session);
    }
  }

  async complain(error: NoCommandError | UsageError): Promise<Outcome> {
    const program = this.#context.programName;
    if (error instanceof NoCommandError) {
      await this.#say(`Try \`${program} -h' or '${program} --help' for more information.`);
      return { exitCode: 255, stop: true };
    }
    await this.#say(error.message);
    return { exitCode: error.exitCode, stop: error.exitCode === 2 };
  }

  async #restore(checkFirst: boolean): Promise<number> {
    if (!checkFirst) return (await import('./restore.js')).restore(this.#session, this);
    return (await import('./check-first.js')).restoreChecked(this.#session, this);
  }

  async #change(request: Extract<Command, { kind: 'change' }>['request']): Promise<Outcome> {
    const { table } = await this.#session.table();
    const refusal = refusalOf(() => table.run(request));
    if (refusal === null) return { exitCode: 0, stop: false };
    await this.#say(kernelMessage(refusal));
    return { exitCode: 255, stop: false };
  }

  async #listUserspace(command: OfUserspace['command']): Promise<Outcome> {
    const { userspaceSession } = await import('./userspace-session.js');
    return this.#list(command, userspaceSession(command, this.#context));
  }

  async #list(command: OfUserspace['command'], session: Session): Promise<Outcome> {
    try {
      await list(command, session);
      return { exitCode: 0, stop: false };
    } catch (error) {
      if (!(error instanceof ListingError)) throw error;
      await this.#say(error.message);
      return { exitCode: 1, stop: true };
    }
  }

  async #say(message: string): Promise<void> {
    await this.#context.stderr.write(`${message}\n`);
  }
}
