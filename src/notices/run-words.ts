/** Runs a program of the file with words that are filled in: with nothing of the director's rights, and the outcome as a value. */
import { runProgram, type ProgramEnd, type ProgramInput } from '../base/child-program.js';
import { reasonOf } from '../base/errors.js';
import { planLaunch, type Rights } from '../base/launch.js';
import { oneLine } from './content.js';
import type { SendResult } from './sender.js';

const LONGEST_LINE = 200;

/**
 * Exit code 0 is success; anything else may pass, and is told with the first line that the program wrote.
 *
 * @param words the program, absolute, and its arguments; there is no shell
 * @param signal kills the program and everything that it has started. Never throws: that is a failure, too.
 */
export async function runWords(
  words: readonly string[],
  input: ProgramInput,
  rights: Rights,
  signal: AbortSignal,
): Promise<SendResult> {
  const failure = (reason: string): SendResult => ({
    ok: false,
    reason: `run ${words[0] ?? ''}: ${reason}`,
    retryable: true,
  });
  const launch = await planLaunch(words, rights);
  if ('fault' in launch) return failure(launch.fault);
  let end: ProgramEnd;
  try {
    end = await runProgram(launch, input, signal);
  } catch (thrown) {
    return failure(reasonOf(thrown));
  }
  const { outcome, line } = end;
  if (outcome === null) return { ok: true, detail: 'exit code 0' };
  return failure(`${outcome}${line === '' ? '' : `: ${oneLine(line, LONGEST_LINE)}`}`);
}
