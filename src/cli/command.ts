/** What all commands share: how one is made, how it fails with --json, and the options that several have. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { JsonFailure } from './failure.js';

/** The configuration of a director that was installed as the manual says. */
export const DEFAULT_CONFIG = '/etc/lvsd/lvsd.yaml';

export interface CommandText {
  readonly name: string;
  readonly summary: string;
  /** Shown by --help below the options; each starts with `lvsd`. */
  readonly examples: readonly string[];
  /** A paragraph after the summary in --help. */
  readonly description?: string;
}

/** A command whose failures are JSON, too, where its answer was to be. */
class Verb extends Command {
  override action(run: Parameters<Command['action']>[0]): this {
    return super.action(async (...words: unknown[]) => {
      try {
        await run.apply(this, words);
      } catch (error) {
        throw this.opts()['json'] === true ? new JsonFailure(error) : error;
      }
    });
  }
}

/** A command with its help in lvsd's form. */
export function newCommand({ name, summary, examples, description }: CommandText): Command {
  const title = examples.length === 1 ? 'Example:' : 'Examples:';
  return new Verb(name)
    .summary(summary)
    .description(
      [`${capitalized(summary)}.`, ...(description === undefined ? [] : [description])].join('\n\n'),
    )
    .addHelpText('after', ['', title, ...examples.map((line) => `  ${line}`)].join('\n'));
}

export function configOption(): Option {
  return new Option('-c, --config <file>', `configuration file (default: ${DEFAULT_CONFIG})`);
}

export function socketOption(): Option {
  return new Option(
    '--socket <path>',
    "control socket (default: $LVSD_SOCKET, admin.socket of -c FILE, then the user's own)",
  );
}

export function dataplaneOption(): Option {
  return new Option('--dataplane <plane>', "override the file's director.dataplane").choices([
    'kernel',
    'proxy',
    'auto',
  ]);
}

export function jsonOption(): Option {
  return new Option('--json', 'print JSON');
}

/** Reads an option's whole number, `low` to `high`. */
export function wholeNumber(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < low || value > high) {
      throw new InvalidArgumentError(`Expected a whole number from ${low} to ${high}.`);
    }
    return value;
  };
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
