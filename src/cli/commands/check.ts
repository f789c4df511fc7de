import type { Command } from 'commander';
import type { LoadedConfig } from '../../config/load.js';
import { checkView } from '../check-view.js';
import { configOption, dataplaneOption, jsonOption, newCommand } from '../command.js';
import { configFile } from '../config-file.js';
import type { CliContext } from '../context.js';
import { EXIT_FAILED } from '../failure.js';
import { formatJson } from '../format.js';
import type { DirectorSettings } from '../../model/director.js';

interface CheckOptions {
  readonly config?: string;
  readonly dataplane?: DirectorSettings['dataplane'];
  readonly allowModule?: true;
  readonly json?: true;
}

/** `lvsd check`: reads a file as `run` would and starts nothing. */
export function checkCommand(context: CliContext): Command {
  return newCommand({
    name: 'check',
    summary: 'validate a configuration file',
    examples: ['lvsd check', 'lvsd check -c lvsd.yaml', 'lvsd check -c lvsd.yaml --json | jq .problems'],
    description:
      'Exits 0 and prints what the file says, or exits 1 and prints everything that is wrong with it.',
  })
    .addOption(configOption())
    .addOption(dataplaneOption())
    .option('--allow-module', 'accept scheduler modules from anywhere')
    .addOption(jsonOption())
    .action(async (options: CheckOptions) => {
      const file = await configFile(options.config);
      if (options.json === true) await checkAsJson(context, file, options);
      else context.out(checkView(file, await load(context, file, options), context.color));
    });
}

async function load(context: CliContext, file: string, options: CheckOptions): Promise<LoadedConfig> {
  const { environment, hostName } = context;
  const { loadConfig } = await import('../../config/load.js');
  return loadConfig(file, {
    environment,
    hostName,
    allowModule: options.allowModule === true,
    ...(options.dataplane === undefined ? {} : { dataplane: options.dataplane }),
  });
}

async function checkAsJson(context: CliContext, file: string, options: CheckOptions): Promise<void> {
  try {
    const { model, digest, warnings } = await load(context, file, options);
    context.out(formatJson({ ok: true, file, digest, warnings, services: model.services.map(serviceJson) }));
  } catch (error) {
    const { ConfigError } = await import('../../config/load.js');
    if (!(error instanceof ConfigError)) throw error;
    context.out(formatJson({ ok: false, file, problems: error.problems }));
    context.exit(EXIT_FAILED);
  }
}

function serviceJson({
  name,
  key,
  settings,
  forwarding,
  checks,
  servers,
}: LoadedConfig['model']['services'][number]) {
  return {
    name,
    key,
    scheduler: settings.scheduler,
    forwarding,
    check: checks.length === 0 ? 'none' : checks.map(({ type }) => type).join(','),
    servers: servers.map((server) => ({ name: server.name, address: server.key, weight: server.weight })),
  };
}
