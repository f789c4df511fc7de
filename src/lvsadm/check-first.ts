/** Runs `-R --check-first`: every line is read before the first is run, and nothing is run unless all can be. */
import type { IpvsRequest } from '../../native/ipvs/types.js';
import type { Command } from './command.js';
import { kernelMessage } from './kernel-messages.js';
import { LineSplitter } from './line-splitter.js';
import type { RestoreHost } from './restore.js';
import type { Session } from './session.js';
import { NoCommandError, UsageError } from './usage-error.js';

interface Line {
  readonly number: number;
  readonly command: Command;
}

/**
 * What is wrong with a line, and what the kernel refuses, is told with the number of the line; a listing that fails speaks as
 * ever. Needs no table while lines are checked.
 *
 * @returns 2 when a line cannot be run, else the status of the first that failed: 255 for a refusal, 1 for a listing
 * @throws TableUnavailableError, ListingError
 */
export async function restoreChecked(session: Session, host: RestoreHost): Promise<number> {
  const { lines, complaints } = await readLines(session, host);
  if (complaints !== '') {
    await session.context.stderr.write(complaints);
    return 2;
  }
  const { table } = await session.table();
  let exitCode = 0;
  for (const group of groupsOf(lines)) {
    if (group.kind === 'other') {
      const outcome = await host.run(group.command);
      exitCode ||= outcome.exitCode;
      continue;
    }
    const errors = table.batch(group.requests);
    for (const [index, error] of errors.entries()) {
      if (error === null) continue;
      exitCode ||= 255;
      await session.context.stderr.write(`line ${group.numbers[index] ?? 0}: ${kernelMessage(error)}\n`);
    }
  }
  return exitCode;
}

async function readLines(
  session: Session,
  host: RestoreHost,
): Promise<{ lines: Line[]; complaints: string }> {
  const lines: Line[] = [];
  let complaints = '';
  let number = 0;
  const take = async (words: readonly string[]): Promise<void> => {
    number++;
    if (words.length === 0) return;
    try {
      const command = await host.parse(words);
      const complaint = objection(command);
      if (complaint === null) lines.push({ number, command });
      else complaints += `line ${number}: ${complaint}\n`;
    } catch (error) {
      if (!(error instanceof NoCommandError || error instanceof UsageError)) throw error;
      complaints += `line ${number}: ${error.message.trimEnd()}\n`;
    }
  };
  const splitter = new LineSplitter();
  for await (const piece of session.context.stdin)
    for (const words of splitter.push(piece)) await take(words);
  for (const words of splitter.end()) await take(words);
  return { lines, complaints };
}

/** What has no place in a file of rules. */
function objection(command: Command): string | null {
  const ends = command.kind === 'help' || command.kind === 'version';
  return ends || command.kind === 'restore' ? `${command.kind} is no command for a file of rules` : null;
}

type Group =
  | { readonly kind: 'changes'; readonly requests: IpvsRequest[]; readonly numbers: number[] }
  | { readonly kind: 'other'; readonly command: Command };

/** Changes that follow one another go to the kernel together. */
function groupsOf(lines: readonly Line[]): Group[] {
  const groups: Group[] = [];
  for (const { number, command } of lines) {
    if (command.kind !== 'change') {
      groups.push({ kind: 'other', command });
      continue;
    }
    const last = groups.at(-1);
    const changes = last?.kind === 'changes' ? last : { kind: 'changes' as const, requests: [], numbers: [] };
    if (changes !== last) groups.push(changes);
    changes.requests.push(command.request);
    changes.numbers.push(number);
  }
  return groups;
}
