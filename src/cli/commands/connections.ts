import type { Command } from 'commander';
import type { ConnectionLine } from '../../api/protocol.js';
import { configOption, jsonOption, newCommand, socketOption } from '../command.js';
import { connect, type ConnectOptions } from '../connect.js';
import { connectionView } from '../connection-view.js';
import type { CliContext } from '../context.js';
import { inPages } from '../pages.js';
import { serverWords, type ServerWords } from '../server-words.js';

interface ConnectionsOptions extends ConnectOptions {
  readonly service?: string;
  readonly server?: string;
  readonly json?: true;
}

/** Rows that are lined up together; a million connections must not be held at once. */
const PAGE = 500;

/** `lvsd connections`: live connections and UDP sessions, streamed. */
export function connectionsCommand(context: CliContext): Command {
  return newCommand({
    name: 'connections',
    summary: 'list live connections',
    examples: [
      'lvsd connections',
      'lvsd connections --service shop --server web-1',
      'lvsd connections --json | wc -l',
    ],
    description: 'With --json each connection is a line of its own.',
  })
    .option('--service <name>', 'only of this service')
    .option('--server <server>', 'only to this server: name, service/name, address:port or address')
    .addOption(jsonOption())
    .addOption(socketOption())
    .addOption(configOption())
    .action(async (options: ConnectionsOptions) => {
      const client = await connect(context, options);
      const records = client.connections(wanted(options));
      if (options.json === true) await printLines(context, records);
      else await printTable(context, inPages(records, PAGE));
    });
}

function wanted({ service, server }: ConnectionsOptions): Partial<ServerWords> {
  if (server !== undefined) return serverWords(server, service);
  return service === undefined ? {} : { service };
}

async function printLines(context: CliContext, records: AsyncIterable<ConnectionLine>): Promise<void> {
  for await (const record of records) context.out(`${JSON.stringify(record)}\n`);
}

async function printTable(
  context: CliContext,
  pages: AsyncIterable<readonly ConnectionLine[]>,
): Promise<void> {
  let first = true;
  for await (const page of pages) {
    const lines = connectionView(page, context.color);
    context.out(`${(first ? lines : lines.slice(1)).join('\n')}\n`);
    first = false;
  }
  if (first) context.err('No connections.\n');
}
