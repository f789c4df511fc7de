import type { Command } from 'commander';
import type { ReloadAnswer } from '../../api/protocol.js';
import { DirectorError } from '../../base/errors.js';
import type { DirectorSettings } from '../../model/director.js';
import { configOption, dataplaneOption, jsonOption, newCommand, socketOption } from '../command.js';
import { configFile } from '../config-file.js';
import { connect, socketPath, type ConnectOptions } from '../connect.js';
import type { CliContext } from '../context.js';
import { EXIT_FAILED } from '../failure.js';
import { formatJson } from '../format.js';
import { printReload } from '../plan-view.js';
import type { ApplyAlone } from '../programs.js';
import { refuseOtherFile } from '../same-file.js';

interface ApplyOptions extends ConnectOptions {
  readonly force?: true;
  readonly json?: true;
  readonly dataplane?: DirectorSettings['dataplane'];
  readonly allowModule?: true;
}

/**
 * `lvsd apply`: makes the table as the file says, with a director or without.
 *
 * @param applyAlone applies without a running director
 */
export function applyCommand(context: CliContext, applyAlone: ApplyAlone): Command {
  return newCommand({
    name: 'apply',
    summary: 'make the table as the file says, and wait',
    examples: ['lvsd apply', 'lvsd apply -c lvsd.yaml', 'lvsd apply --force'],
    description:
      'Asks the running director, which reads its own file and no other, and is the same as lvsd reload there. ' +
      'Where none runs, programs the kernel by FILE once, without checks; nobody watches it afterwards.',
  })
    .option('--force', 'remove more than shrink_guard allows')
    .addOption(dataplaneOption())
    .option('--allow-module', 'accept scheduler modules from anywhere')
    .addOption(jsonOption())
    .addOption(socketOption())
    .addOption(configOption())
    .action(async (options: ApplyOptions) => {
      const answer = await apply(context, options, applyAlone);
      if (options.json === true) context.out(formatJson(answer));
      else printReload(context, answer);
    });
}

async function apply(
  context: CliContext,
  options: ApplyOptions,
  applyAlone: ApplyAlone,
): Promise<ReloadAnswer> {
  const answer = await applyByDirector(context, options, applyAlone);
  if (answer.failures.length > 0) context.exit(EXIT_FAILED);
  return answer;
}

async function applyByDirector(
  context: CliContext,
  options: ApplyOptions,
  applyAlone: ApplyAlone,
): Promise<ReloadAnswer> {
  const force = options.force === true;
  const client = await connect(context, options);
  try {
    await refuseOtherFile('apply', options.config, async () => (await client.status()).config.file);
    return await client.reload({ force });
  } catch (error) {
    if (!(error instanceof DirectorError) || error.code !== 'ERR_API_NO_DAEMON') throw error;
    const { dataplane, allowModule } = options;
    const answer = await applyAlone({
      config: await configFile(options.config),
      allowModule: allowModule === true,
      force,
      ...(dataplane === undefined ? {} : { dataplane }),
    });
    const socket = await socketPath(context, options);
    context.err(`No director runs on ${socket}: applied once; nobody checks the servers from now on.\n`);
    return answer;
  }
}
