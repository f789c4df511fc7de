/** Asks before more than one server is changed: an address may be that of several, also in one service. */
import { plural } from '../base/plural.js';
import type { CliContext } from './context.js';
import { failure, usageError } from './failure.js';

export interface Confirmation {
  /** What was typed, for messages: `weight web-1`. */
  readonly operation: string;
  /** How many servers are meant. */
  readonly count: number;
  /** They, listed. */
  readonly list: string;
  /** What is about to be done, as a question's verb: `Change`. */
  readonly verb: string;
}

/**
 * Lists the servers on standard error and asks, unless it is one.
 *
 * @throws CliError with exit code 2 where nobody sits there to answer, with 1 when the answer is no
 */
export async function confirmSeveral(
  context: CliContext,
  { operation, count, list, verb }: Confirmation,
): Promise<void> {
  if (count < 2) return;
  context.err(list);
  if (!context.interactive) {
    throw usageError(
      `${operation}: ${plural(count, 'server')} are meant: name one by its name and --service NAME, or add --yes for all`,
    );
  }
  const answer = await context.ask(`${verb} ${plural(count, 'server')}? [y/N] `);
  if (!/^y(es)?$/i.test(answer.trim())) throw failure(`${operation}: nothing was changed`);
}
