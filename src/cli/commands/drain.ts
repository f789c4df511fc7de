import { InvalidArgumentError, type Command } from 'commander';
import type { ApiClient } from '../../api/client.js';
import type { DrainRequest, OrderAnswer, OrderLine } from '../../api/protocol.js';
import { parseDuration } from '../../base/duration.js';
import { configOption, jsonOption, newCommand, socketOption } from '../command.js';
import { confirmSeveral } from '../confirm.js';
import { connect, type ConnectOptions } from '../connect.js';
import type { CliContext } from '../context.js';
import { waitForDrains } from '../drain-progress.js';
import { usageError } from '../failure.js';
import { formatJson } from '../format.js';
import { orderedView, orderTable } from '../order-view.js';
import { serverWords } from '../server-words.js';

interface OrderOptions extends ConnectOptions {
  readonly service?: string;
  readonly yes?: true;
  readonly dryRun?: true;
  readonly json?: true;
}

interface DrainOptions extends OrderOptions {
  /** Milliseconds; infinite = none. */
  readonly timeout?: number;
  readonly wait?: true;
}

/** The servers are out, but connections were cut off. */
export const EXIT_CUT = 3;

/** `lvsd drain SERVER`: no new connections, then out of the table. */
export function drainCommand(context: CliContext): Command {
  return newCommand({
    name: 'drain',
    summary: 'take a server out of service without cutting anybody off',
    examples: [
      'lvsd drain web-1',
      'lvsd drain web-1 --service shop --timeout 2m --wait',
      'lvsd drain 10.0.1.11 --timeout none --yes',
      'lvsd drain web-1 --dry-run',
    ],
    description:
      'Its weight becomes 0, so that it gets no new connections; when the last one has ended, or at the deadline, it ' +
      'leaves the table, and stays out until lvsd undrain. Without --service the server is meant in every service ' +
      'that has it, and an address means every server there; more than one are listed and asked about first.\n\n' +
      'With --wait the exit code is 0 when the servers are out and nobody was cut off, 3 when they are out and ' +
      'connections were cut at the deadline, 1 when they are not out.',
  })
    .argument('<server>', 'name, service/name, address:port or address')
    .option('--service <name>', 'only in this service')
    .option(
      '--timeout <duration>',
      "how long connections may last: 30s, 5m, 0s, none (default: the service's drain.timeout)",
      parseTimeout,
    )
    .option('--wait', 'show what is left until the servers are out')
    .option('--yes', 'do not ask')
    .option('--dry-run', 'only list what would be drained')
    .addOption(jsonOption())
    .addOption(socketOption())
    .addOption(configOption())
    .action(async (server: string, options: DrainOptions) => {
      if (options.wait === true && options.dryRun === true)
        throw usageError(`drain ${server}: --wait and --dry-run exclude each other`);
      const client = await connect(context, options);
      await drain(context, client, server, options);
    });
}

/** `lvsd undrain SERVER`: back into service. */
export function undrainCommand(context: CliContext): Command {
  return newCommand({
    name: 'undrain',
    summary: 'put a drained server back into service',
    examples: ['lvsd undrain web-1', 'lvsd undrain 10.0.1.11 --yes'],
    description:
      'Connections that it still has stay. A server that failed and waits for a word of the operator ' +
      '(recovery: manual) is put back, too.',
  })
    .argument('<server>', 'name, service/name, address:port or address')
    .option('--service <name>', 'only in this service')
    .option('--yes', 'do not ask')
    .option('--dry-run', 'only list what would be put back')
    .addOption(jsonOption())
    .addOption(socketOption())
    .addOption(configOption())
    .action(async (server: string, options: OrderOptions) => {
      const client = await connect(context, options);
      const words = serverWords(server, options.service);
      const ask = (dryRun: boolean): Promise<OrderAnswer> => client.undrain({ ...words, dryRun });
      const answer = await orderSeveral(context, ask, options, {
        operation: `undrain ${server}`,
        verb: 'Undrain',
      });
      if (options.json === true) context.out(formatJson(answer));
      else if (options.dryRun !== true)
        context.out(orderedView(answer.servers, { done: 'undrained', unchanged: 'it was not drained' }));
    });
}

async function drain(
  context: CliContext,
  client: ApiClient,
  server: string,
  options: DrainOptions,
): Promise<void> {
  const { timeout, json = false, wait = false } = options;
  const time = timeout === undefined ? {} : { timeoutMs: Number.isFinite(timeout) ? timeout : null };
  const request: Omit<DrainRequest, 'dryRun'> = { ...serverWords(server, options.service), ...time };
  const ask = (dryRun: boolean): Promise<OrderAnswer> => client.drain({ ...request, dryRun });
  const answer = await orderSeveral(context, ask, options, { operation: `drain ${server}`, verb: 'Drain' });
  if (options.dryRun === true || !wait) {
    if (json) context.out(formatJson(answer));
    else if (options.dryRun !== true) printTable(context, answer.servers);
    return;
  }
  const ended = await waitForDrains(context, client, answer.servers, json);
  if (json) context.out(formatJson({ servers: ended }));
  if (ended.some((line) => (line.drain?.end?.connectionsCut ?? 0) > 0)) context.exit(EXIT_CUT);
}

function printTable(context: CliContext, lines: readonly OrderLine[]): void {
  const table = orderTable(lines, { color: context.color, nowMs: context.clock.wallMs() });
  context.out(table.map((line) => `${line}\n`).join(''));
}

/**
 * Gives an order about servers, after a question where it is more than one. With `--dry-run` lists them only.
 *
 * @param ask gives the order, or lists whom it would be about
 */
export async function orderSeveral(
  context: CliContext,
  ask: (dryRun: boolean) => Promise<OrderAnswer>,
  { yes, dryRun, json }: Pick<OrderOptions, 'yes' | 'dryRun' | 'json'>,
  words: { readonly operation: string; readonly verb: string },
): Promise<OrderAnswer> {
  if (dryRun === true) {
    const listed = await ask(true);
    if (json !== true) printTable(context, listed.servers);
    return listed;
  }
  if (yes !== true) {
    const { servers } = await ask(true);
    const table = orderTable(servers, { color: context.errorColor, nowMs: context.clock.wallMs() });
    const list = table.map((line) => `${line}\n`).join('');
    await confirmSeveral(context, { ...words, count: servers.length, list });
  }
  const answer = await ask(false);
  for (const warning of answer.warnings) context.err(`warning: ${warning}\n`);
  return answer;
}

/** `none` means until the last connection has ended; the option parser would take null for no value at all. */
function parseTimeout(text: string): number {
  if (text === 'none') return Number.POSITIVE_INFINITY;
  const ms = parseDuration(text);
  if (ms === null)
    throw new InvalidArgumentError('Expected a number with a unit, as 30s, 5m or 1h, or none.');
  return ms;
}
