/** How a command ends badly: what is printed, and the exit code. */
import { CommanderError } from 'commander';
import type { ErrorAnswer } from '../api/protocol.js';
import { DirectorError, reasonOf } from '../base/errors.js';
import { colors } from './colors.js';
import type { CliContext } from './context.js';

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

/** A command failed whose answer was to be JSON. */
export class JsonFailure {
  readonly thrown: unknown;

  constructor(thrown: unknown) {
    this.thrown = thrown;
  }
}

/**
 * Prints why a command failed, once, and says with which code to exit: to standard error, but to standard output as an
 * `ErrorAnswer` on one line where the answer was to be JSON. Wrong usage and faults of lvsd itself are never JSON.
 *
 * A whole report (of a configuration) is printed in place of the message. A fault of lvsd itself comes with its stack.
 */
export function reportFailure(thrown: unknown, context: CliContext): number {
  // The option parser has printed its own message.
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : EXIT_USAGE;
  if (thrown instanceof JsonFailure) return reportAsJson(thrown.thrown, context);
  const text =
    reportOf(thrown, context.errorColor) ?? `${colors(context.errorColor).red('lvsd:')} ${textOf(thrown)}`;
  context.err(text.endsWith('\n') ? text : `${text}\n`);
  return thrown instanceof CliError ? thrown.details.exitCode : EXIT_FAILED;
}

function reportAsJson(thrown: unknown, context: CliContext): number {
  if (!isExplained(thrown) || thrown.code === 'ERR_USAGE') return reportFailure(thrown, context);
  const { code, message } = thrown;
  const report = reportOf(thrown, false);
  const answer: ErrorAnswer = { error: { code, message, ...(report === null ? {} : { report }) } };
  context.out(`${JSON.stringify(answer)}\n`);
  return EXIT_FAILED;
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
function isExplained(thrown: unknown): thrown is Error & { readonly code: string } {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string';
}

function textOf(thrown: unknown): string {
  const whole = thrown instanceof Error && !isExplained(thrown);
  return whole ? (thrown.stack ?? thrown.message) : reasonOf(thrown);
}
