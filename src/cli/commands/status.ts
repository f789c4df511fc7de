import type { Command } from 'commander';
import type { ApiClient, CallOptions } from '../../api/client.js';
import { nameHint } from '../../config/name-hint.js';
import type { Snapshot } from '../../model/snapshot.js';
import { configOption, jsonOption, newCommand, socketOption } from '../command.js';
import { connect, type ConnectOptions } from '../connect.js';
import type { CliContext } from '../context.js';
import { failure } from '../failure.js';
import { formatJson } from '../format.js';
import { planeRates } from '../status-rates.js';
import { statusView } from '../status-view.js';
import { watchStatus } from '../watch-status.js';

interface StatusOptions extends ConnectOptions {
  readonly json?: true;
  readonly watch?: true;
  readonly all?: true;
}

/** `lvsd status`: the director, its services and servers, as they are now. */
export function statusCommand(context: CliContext): Command {
  return newCommand({
    name: 'status',
    summary: 'show the director, its services and their servers',
    examples: ['lvsd status', 'lvsd status shop', 'lvsd status --watch', 'lvsd status --json | jq .services'],
  })
    .argument('[service]', 'only this service, by name')
    .option('--all', 'also services that lvsd has for its own probes (checks with path: vip)')
    .option('--watch', 'show it anew every second, with rates')
    .addOption(jsonOption())
    .addOption(socketOption())
    .addOption(configOption())
    .action(async (service: string | undefined, options: StatusOptions) => {
      const client = await connect(context, options);
      const json = options.json === true;
      const read = async (callOptions?: CallOptions): Promise<Snapshot> => {
        const snapshot = await readStatus(client, service, callOptions);
        return options.all === true ? snapshot : withoutProbes(snapshot);
      };
      if (options.watch === true) await watchStatus(context, (signal) => read({ signal }), json);
      else context.out(render(await read(), json, context));
    });
}

function render(snapshot: Snapshot, json: boolean, context: CliContext): string {
  if (json) return formatJson(snapshot);
  const lines = statusView(snapshot, {
    color: context.color,
    nowMs: context.clock.wallMs(),
    rates: planeRates(snapshot),
    width: null,
  });
  return `${lines.join('\n')}\n`;
}

function withoutProbes({ probes: _probes, ...snapshot }: Snapshot): Snapshot {
  return snapshot;
}

/** The snapshot, cut to one service if one is named. */
async function readStatus(
  client: ApiClient,
  service: string | undefined,
  options: CallOptions = {},
): Promise<Snapshot> {
  const snapshot = await client.status(options);
  if (service === undefined) return snapshot;
  const services = snapshot.services.filter(({ name }) => name === service);
  const probes = snapshot.probes?.filter((probe) => probe.service === service);
  if (services.length > 0) return { ...snapshot, services, ...(probes === undefined ? {} : { probes }) };
  const names = snapshot.services.map(({ name }) => name);
  throw failure(`show service ${service}: there is none of that name${nameHint(service, names)}`);
}
