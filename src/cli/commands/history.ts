import { Argument, type Command } from 'commander';
import type { HistoryText } from '../../api/protocol.js';
import { configOption, jsonOption, newCommand, socketOption, wholeNumber } from '../command.js';
import { connect, type ConnectOptions } from '../connect.js';
import type { CliContext } from '../context.js';
import { EXIT_FAILED } from '../failure.js';
import { formatJson } from '../format.js';
import { diffView, historyView } from '../history-view.js';
import { printReload } from '../plan-view.js';

interface HistoryOptions extends ConnectOptions {
  readonly json?: true;
}

interface RollbackOptions extends HistoryOptions {
  readonly force?: true;
}

const LARGEST_NUMBER = 999_999_999;

/** `lvsd history`: the configurations that were applied, what differs between two, and the way back to one. */
export function historyCommand(context: CliContext): Command {
  const command = newCommand({
    name: 'history',
    summary: 'list the applied configurations, compare them, go back to one',
    examples: [
      'lvsd history',
      'lvsd history diff 3',
      'lvsd history diff 3 5',
      'lvsd history show 3',
      'lvsd history rollback 3',
    ],
    description:
      'Kept in state_dir, as many as director.history says. A rollback runs until the next reload or start, for the ' +
      'file stays as it is; show prints the text that makes it last.',
  })
    .addOption(jsonOption())
    .addOption(socketOption())
    .addOption(configOption())
    .action((options: HistoryOptions) => list(context, options));
  command.addCommand(diffCommand(context));
  command.addCommand(showCommand(context));
  command.addCommand(rollbackCommand(context));
  return command;
}

function numberArgument(name: string, about: string): Argument {
  return new Argument(name, about).argParser(wholeNumber(1, LARGEST_NUMBER));
}

async function list(context: CliContext, options: HistoryOptions): Promise<void> {
  const answer = await (await connect(context, options)).history();
  if (options.json === true) {
    context.out(formatJson(answer));
    return;
  }
  for (const warning of answer.warnings) context.err(`${warning}\n`);
  for (const line of historyView(answer.entries, context.color)) context.out(`${line}\n`);
}

function diffCommand(context: CliContext): Command {
  return newCommand({
    name: 'diff',
    summary: 'show what differs between two applied configurations',
    examples: ['lvsd history diff 3', 'lvsd history diff 3 5'],
    description: 'Without the second number, against the newest.',
  })
    .addArgument(numberArgument('<from>', 'number of the history'))
    .addArgument(numberArgument('[to]', 'number of the history'))
    .addOption(socketOption())
    .addOption(configOption())
    .action(async (from: number, to: number | undefined, options: HistoryOptions) => {
      const client = await connect(context, options);
      const newest = to ?? (await client.history()).entries.at(-1)?.number ?? from;
      const texts = [await client.historyEntry(from), await client.historyEntry(newest)] as const;
      for (const line of diffView(...texts, context.color)) context.out(`${line}\n`);
    });
}

function showCommand(context: CliContext): Command {
  return newCommand({
    name: 'show',
    summary: 'print the text of an applied configuration',
    examples: ['lvsd history show 3', 'lvsd history show 3 > lvsd.yaml'],
    description: 'Variables are as written. Files that it included follow, each after a line that names it.',
  })
    .addArgument(numberArgument('<number>', 'of the history'))
    .addOption(jsonOption())
    .addOption(socketOption())
    .addOption(configOption())
    .action(async (number: number, options: HistoryOptions) => {
      const entry = await (await connect(context, options)).historyEntry(number);
      context.out(options.json === true ? formatJson(entry) : showText(entry));
    });
}

function showText({ files }: HistoryText): string {
  return files.map(({ path, text }, index) => (index === 0 ? text : `# ---- ${path}\n${text}`)).join('');
}

function rollbackCommand(context: CliContext): Command {
  return newCommand({
    name: 'rollback',
    summary: 'apply an earlier configuration, and wait',
    examples: ['lvsd history rollback 3', 'lvsd history rollback 3 --force'],
    description: 'The shrink guard holds as for a reload.',
  })
    .addArgument(numberArgument('<number>', 'of the history'))
    .option('--force', 'remove more than shrink_guard allows')
    .addOption(jsonOption())
    .addOption(socketOption())
    .addOption(configOption())
    .action(async (number: number, options: RollbackOptions) => {
      const answer = await rollback(context, number, options);
      if (options.json === true) context.out(formatJson(answer));
      else printReload(context, answer);
    });
}

async function rollback(context: CliContext, number: number, options: RollbackOptions) {
  const client = await connect(context, options);
  const answer = await client.rollback({ number, force: options.force === true });
  if (answer.failures.length > 0) context.exit(EXIT_FAILED);
  return answer;
}
