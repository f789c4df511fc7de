import type { Command } from 'commander';
import type { ReloadAnswer } from '../../api/protocol.js';
import { configOption, jsonOption, newCommand, socketOption } from '../command.js';
import { connect, type ConnectOptions } from '../connect.js';
import type { CliContext } from '../context.js';
import { EXIT_FAILED } from '../failure.js';
import { formatJson } from '../format.js';
import { printReload } from '../plan-view.js';

interface ReloadOptions extends ConnectOptions {
  readonly force?: true;
  readonly json?: true;
}

/** `lvsd reload`: the director reads its file again; answers when the change is made, or says why it is not. */
export function reloadCommand(context: CliContext): Command {
  return newCommand({
    name: 'reload',
    summary: 'let the director read its file again, and wait',
    examples: ['lvsd reload', 'lvsd reload --force'],
    description:
      'A file with any mistake is refused whole and changes nothing. So is one that removes more than ' +
      'shrink_guard allows, unless --force says that it is meant.',
  })
    .option('--force', 'remove more than shrink_guard allows')
    .addOption(jsonOption())
    .addOption(socketOption())
    .addOption(configOption())
    .action(async (options: ReloadOptions) => {
      const answer = await reload(context, options);
      if (options.json === true) context.out(formatJson(answer));
      else printReload(context, answer);
    });
}

async function reload(context: CliContext, options: ReloadOptions): Promise<ReloadAnswer> {
  const client = await connect(context, options);
  const answer = await client.reload({ force: options.force === true });
  if (answer.failures.length > 0) context.exit(EXIT_FAILED);
  return answer;
}
