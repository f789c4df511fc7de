import { Option, type Command } from 'commander';
import { resolve } from 'node:path';
import { LOG_LEVELS, type LogLevel } from '../../base/log-level.js';
import { configOption, dataplaneOption, newCommand, socketOption } from '../command.js';
import { configFile } from '../config-file.js';
import type { CliContext } from '../context.js';
import type { RunDirector } from '../programs.js';
import type { DirectorSettings } from '../../model/director.js';

interface RunOptions {
  readonly config?: string;
  readonly dataplane?: DirectorSettings['dataplane'];
  readonly socket?: string;
  readonly allowModule?: true;
  readonly logLevel: LogLevel;
}

/** `lvsd run`: the director itself, in the foreground. */
export function runCommand(context: CliContext, runDirector: RunDirector): Command {
  return newCommand({
    name: 'run',
    summary: 'run the director in the foreground',
    examples: [
      'lvsd run',
      'lvsd run -c lvsd.yaml --dataplane proxy',
      'lvsd run -c lvsd.yaml --log-level debug',
    ],
    description:
      'SIGHUP reloads the file (never by force), SIGTERM and SIGINT stop cleanly, a second SIGINT at once. ' +
      'Logs go to standard error: JSON lines, or readable ones on a terminal.',
  })
    .addOption(configOption())
    .addOption(dataplaneOption())
    .addOption(socketOption())
    .option('--allow-module', 'accept scheduler modules from anywhere')
    .addOption(new Option('--log-level <level>', 'least level to log').choices(LOG_LEVELS).default('info'))
    .action(async (options: RunOptions) => {
      const { dataplane, socket, allowModule, logLevel } = options;
      const code = await runDirector({
        config: await configFile(options.config),
        allowModule: allowModule === true,
        logLevel,
        ...(dataplane === undefined ? {} : { dataplane }),
        ...(socket === undefined ? {} : { socket: resolve(socket) }),
      });
      context.exit(code);
    });
}
