/** How a command ends badly: what is printed, and the exit code. */
import { CommanderError } from 'commander';
import type { ErrorAnswer } from '../api/protocol.js';
import { DirectorError, reasonOf } from '../base/errors.js';
import { colors } from './colors.js';
import type { CliContext } from './context.js';
import { formatJson } from './format.js';

export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;

/** A command cannot do what was asked; 2 = it was asked wrongly. */
export class CliError extends DirectorError<{ readonly exitCode: 1 | 2 }> {}

/** A wrong combination of arguments that the option parser cannot see. */
export function usageError(message: string): CliError {
  return new CliError(message, { code: 'ERR_USAGE', details: { exitCode: EXIT_USAGE } });
}

export function failure(message: string, cause?: unknown): CliError {
  return new CliError(message, { code: 'ERR_FAILED', details: { exitCode: EXIT_FAILED }, cause });
}

/**
 * Prints why a command failed, once and to standard error, and says with which code to exit.
 *
 * A whole report (of a configuration) is printed in place of the message. A fault of lvsd itself comes with its stack.
 */
export function reportFailure(thrown: unknown, context: CliContext): number {
  // The option parser has printed its own message.
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : EXIT_USAGE;
  const text =
    reportOf(thrown, context.errorColor) ?? `${colors(context.errorColor).red('lvsd:')} ${textOf(thrown)}`;
  context.err(text.endsWith('\n') ? text : `${text}\n`);
  return thrown instanceof CliError ? thrown.details.exitCode : EXIT_FAILED;
}

/**
 * Runs work whose answer is JSON: what it is refused, or fails at, is JSON on standard output too, and exits 1.
 *
 * Wrong usage and faults of lvsd itself are thrown on, for `reportFailure`.
 */
export async function failingAsJson(context: CliContext, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof DirectorError) || error.code === 'ERR_USAGE') throw error;
    const { code, message } = error;
    context.out(formatJson(errorAnswer(code, message, reportOf(error, false))));
    context.exit(EXIT_FAILED);
  }
}

function errorAnswer(code: string, message: string, report: string | null): ErrorAnswer {
  return { error: { code, message, ...(report === null ? {} : { report }) } };
}

/** The report that an error brings along: a configuration's, found here or by the director. */
function reportOf(thrown: unknown, color: boolean): string | null {
  if (!(thrown instanceof DirectorError)) return null;
  if ('report' in thrown && typeof thrown.report === 'function') {
    return (thrown as { report(options: { color: boolean }): string }).report({ color });
  }
  const { report } = thrown.details as { readonly report?: unknown };
  return typeof report === 'string' ? report : null;
}

/** Errors of lvsd and of the system explain themselves; anything else is a bug and needs its stack. */
function textOf(thrown: unknown): string {
  const explained = thrown instanceof DirectorError || (thrown instanceof Error && 'code' in thrown);
  return explained || !(thrown instanceof Error) ? reasonOf(thrown) : (thrown.stack ?? thrown.message);
}
