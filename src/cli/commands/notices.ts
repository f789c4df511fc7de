import type { Command } from 'commander';
import { configOption, jsonOption, newCommand, socketOption } from '../command.js';
import { connect, type ConnectOptions } from '../connect.js';
import type { CliContext } from '../context.js';
import { EXIT_FAILED } from '../failure.js';
import { formatJson } from '../format.js';
import { noticeTable } from '../notice-view.js';

interface NoticeOptions extends ConnectOptions {
  readonly json?: true;
}

/** `lvsd notices`: who hears of events, and whether it arrives. */
export function noticesCommand(context: CliContext): Command {
  return newCommand({
    name: 'notices',
    summary: 'list who hears of events and how that fares; try one',
    examples: ['lvsd notices', 'lvsd notices test pager'],
  })
    .addOption(jsonOption())
    .addOption(socketOption())
    .addOption(configOption())
    .action((options: NoticeOptions) => list(context, options))
    .addCommand(testCommand(context));
}

async function list(context: CliContext, options: NoticeOptions): Promise<void> {
  const { director } = await (await connect(context, options)).status();
  const notices = director.notices ?? [];
  if (options.json === true) context.out(formatJson({ notices }));
  else if (notices.length === 0) context.err('The configuration has no notices.\n');
  else context.out(`${noticeTable(notices, context.color).join('\n')}\n`);
}

function testCommand(context: CliContext): Command {
  return newCommand({
    name: 'test',
    summary: 'send an event made for it, and tell whether it arrived',
    examples: ['lvsd notices test pager'],
    description:
      'One attempt, now; what waits is sent after it as before. Exit code 1 when it does not arrive.',
  })
    .argument('<name>', 'name of a notice in the running configuration')
    .addOption(jsonOption())
    .addOption(socketOption())
    .addOption(configOption())
    .action(async (notice: string, options: NoticeOptions) => {
      const answer = await (await connect(context, options)).testNotice({ notice });
      if (options.json === true) context.out(formatJson(answer));
      else context.out(`${notice}: ${answer.sent ? 'sent' : 'not sent'}: ${answer.detail}\n`);
      if (!answer.sent) context.exit(EXIT_FAILED);
    });
}
