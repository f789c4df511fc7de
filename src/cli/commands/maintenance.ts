import type { Command } from 'commander';
import type { MaintenanceRequest, OrderAnswer } from '../../api/protocol.js';
import { configOption, jsonOption, newCommand, socketOption } from '../command.js';
import { connect, type ConnectOptions } from '../connect.js';
import type { CliContext } from '../context.js';
import { formatJson } from '../format.js';
import { orderedView, orderTable } from '../order-view.js';
import { serverWords } from '../server-words.js';
import { orderSeveral } from './drain.js';

interface MaintenanceOptions extends ConnectOptions {
  readonly service?: string;
  readonly reason?: string;
  readonly yes?: true;
  readonly dryRun?: true;
  readonly json?: true;
}

/** `lvsd maintenance on|off|list`: the standing order that keeps a server out. */
export function maintenanceCommand(context: CliContext): Command {
  return newCommand({
    name: 'maintenance',
    summary: 'keep a server out of service until further notice',
    examples: [
      'lvsd maintenance on web-1 --reason "new disks"',
      'lvsd maintenance list',
      'lvsd maintenance off web-1',
    ],
    description:
      'A server in maintenance is drained as by lvsd drain, then stays out whatever its checks say, over reloads and ' +
      'restarts, also when it leaves the file and comes back, until lvsd maintenance off.',
  })
    .addCommand(switchCommand(context, true))
    .addCommand(switchCommand(context, false))
    .addCommand(listCommand(context));
}

function switchCommand(context: CliContext, on: boolean): Command {
  const word = on ? 'on' : 'off';
  const command = newCommand({
    name: word,
    summary: on ? 'drain a server and keep it out' : 'put a server back into service',
    examples: [on ? 'lvsd maintenance on web-1 --reason "new disks"' : 'lvsd maintenance off web-1'],
  })
    .argument('<server>', 'name, service/name, address:port or address')
    .option('--service <name>', 'only in this service');
  if (on) command.option('--reason <text>', 'what for; shown in status');
  return command
    .option('--yes', 'do not ask')
    .option('--dry-run', 'only list which servers are meant')
    .addOption(jsonOption())
    .addOption(socketOption())
    .addOption(configOption())
    .action(async (server: string, options: MaintenanceOptions) => {
      const client = await connect(context, options);
      const reason = options.reason === undefined ? {} : { reason: options.reason };
      const request: Omit<MaintenanceRequest, 'dryRun'> = {
        ...serverWords(server, options.service),
        on,
        ...reason,
      };
      const ask = (dryRun: boolean): Promise<OrderAnswer> => client.setMaintenance({ ...request, dryRun });
      const verb = on ? 'Put into maintenance' : 'Put back into service';
      const answer = await orderSeveral(context, ask, options, {
        operation: `maintenance ${word} ${server}`,
        verb,
      });
      if (options.json === true) context.out(formatJson(answer));
      else if (options.dryRun !== true) context.out(orderedView(answer.servers, wordsOf(on)));
    });
}

function wordsOf(on: boolean): { readonly done: string; readonly unchanged: string } {
  return on
    ? { done: 'in maintenance', unchanged: 'it was in maintenance' }
    : { done: 'out of maintenance', unchanged: 'it was not in maintenance' };
}

function listCommand(context: CliContext): Command {
  return newCommand({
    name: 'list',
    summary: 'list the servers that drain, have been drained or are in maintenance',
    examples: ['lvsd maintenance list', 'lvsd maintenance list --json'],
  })
    .addOption(jsonOption())
    .addOption(socketOption())
    .addOption(configOption())
    .action(async (options: MaintenanceOptions) => {
      const client = await connect(context, options);
      const answer = await client.drains();
      if (options.json === true) context.out(formatJson(answer));
      else if (answer.servers.length === 0) context.err('No server drains or is in maintenance.\n');
      else {
        const view = { color: context.color, nowMs: context.clock.wallMs() };
        context.out(`${orderTable(answer.servers, view).join('\n')}\n`);
      }
    });
}
