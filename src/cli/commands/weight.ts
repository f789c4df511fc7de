import { InvalidArgumentError, type Command } from 'commander';
import type { ApiClient } from '../../api/client.js';
import type { WeightAnswer, WeightRequest } from '../../api/protocol.js';
import { configOption, jsonOption, newCommand, socketOption } from '../command.js';
import { confirmSeveral } from '../confirm.js';
import { connect, type ConnectOptions } from '../connect.js';
import type { CliContext } from '../context.js';
import { usageError } from '../failure.js';
import { formatJson } from '../format.js';
import { serverWords } from '../server-words.js';
import { formatTable } from '../table.js';

interface WeightOptions extends ConnectOptions {
  readonly service?: string;
  readonly reset?: true;
  readonly yes?: true;
  readonly dryRun?: true;
  readonly json?: true;
}

const LARGEST_WEIGHT = 65_535;

/** `lvsd weight SERVER N`: the operator's weight, over the file's, until --reset. */
export function weightCommand(context: CliContext): Command {
  return newCommand({
    name: 'weight',
    summary: "set a server's weight, over the file's",
    examples: [
      'lvsd weight web-1 3',
      'lvsd weight shop/web-1 3',
      'lvsd weight 10.0.1.11:8080 0 --service shop',
      'lvsd weight web-1 --reset',
      'lvsd weight web-1 0 --dry-run',
    ],
    description:
      '0 quiesces: no new connections, those that are there live on. Without --service the server is meant ' +
      'in every service that has it, and an address means every server there; more than one are listed and ' +
      'asked about first.',
  })
    .argument('<server>', 'name, service/name, address:port or address')
    .argument('[weight]', `0 to ${LARGEST_WEIGHT}`, parseWeight)
    .option('--service <name>', 'only in this service')
    .option('--reset', "return to the file's weight")
    .option('--yes', 'do not ask')
    .option('--dry-run', 'only list what would change')
    .addOption(jsonOption())
    .addOption(socketOption())
    .addOption(configOption())
    .action(async (server: string, weight: number | undefined, options: WeightOptions) => {
      const request = weightRequest(server, weight, options);
      const client = await connect(context, options);
      const answer = await change(context, client, request, options);
      if (options.json === true) context.out(formatJson(answer));
      else context.out(view(answer, options.dryRun === true));
    });
}

function parseWeight(text: string): number {
  const weight = Number(text);
  if (/^\d+$/.test(text) && weight <= LARGEST_WEIGHT) return weight;
  throw new InvalidArgumentError(`A weight is a whole number from 0 to ${LARGEST_WEIGHT}.`);
}

type Change = Omit<WeightRequest, 'dryRun'>;

function weightRequest(server: string, weight: number | undefined, options: WeightOptions): Change {
  if ((weight === undefined) !== (options.reset === true)) {
    throw usageError(`weight ${server}: give either a weight or --reset`);
  }
  return { ...serverWords(server, options.service), weight: weight ?? null };
}

async function change(
  context: CliContext,
  client: ApiClient,
  request: Change,
  options: WeightOptions,
): Promise<WeightAnswer> {
  if (options.dryRun === true) return client.setWeight({ ...request, dryRun: true });
  if (options.yes !== true) await confirm(context, client, request);
  return client.setWeight({ ...request, dryRun: false });
}

async function confirm(context: CliContext, client: ApiClient, request: Change): Promise<void> {
  const planned = await client.setWeight({ ...request, dryRun: true });
  await confirmSeveral(context, {
    operation: `weight ${request.server}`,
    count: planned.changed.length,
    list: view(planned, true),
    verb: 'Change',
  });
}

function view({ changed }: WeightAnswer, dryRun: boolean): string {
  if (changed.length === 0) return 'No changes.\n';
  const rows = changed.map(({ service, server, from, to }) => [
    from === to ? 'unchanged' : dryRun ? 'would set' : 'set',
    `${service}/${server}`,
    from === to ? `weight ${to}` : `weight ${from} -> ${to}`,
  ]);
  return `${formatTable([{ title: '' }, { title: '' }, { title: '' }], rows)
    .slice(1)
    .join('\n')}\n`;
}
