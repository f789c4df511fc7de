import { Option, type Command } from 'commander';
import { nameHint } from '../../config/name-hint.js';
import type { HaStatus, InstanceStatus } from '../../model/ha-status.js';
import type { Snapshot } from '../../model/snapshot.js';
import { VRRP_STATES, type VrrpState } from '../../model/vrrp-role.js';
import { configOption, jsonOption, newCommand, socketOption } from '../command.js';
import { connect, type ConnectOptions } from '../connect.js';
import type { CliContext } from '../context.js';
import { EXIT_FAILED, failure, usageError } from '../failure.js';
import { formatJson } from '../format.js';
import { haView, type HaViewOptions } from '../ha-view.js';
import { watchStatus } from '../watch-status.js';
import { haOrderCommand } from './ha-order.js';

interface HaStatusOptions extends ConnectOptions {
  readonly json?: boolean;
  readonly quiet?: true;
  readonly watch?: true;
  readonly is?: VrrpState;
  readonly instance?: string;
}

/** `lvsd ha`: directors that take over from one another. */
export function haCommand(context: CliContext): Command {
  return newCommand({
    name: 'ha',
    summary: 'show which director is active, and move instances',
    examples: [
      'lvsd ha status',
      'lvsd ha release --force',
      'lvsd ha status --quiet --is backup && run-backup',
    ],
  })
    .addCommand(statusCommand(context))
    .addCommand(haOrderCommand(context, 'release'))
    .addCommand(haOrderCommand(context, 'takeover'));
}

function statusCommand(context: CliContext): Command {
  return newCommand({
    name: 'status',
    summary: 'show the instances of VRRP and the role that this director has in each',
    examples: [
      'lvsd ha status',
      'lvsd ha status --watch',
      'lvsd ha status --is active --instance vi_shop',
      'lvsd ha status --quiet --is backup && run-backup',
      "lvsd ha status --json | jq '.instances[].state'",
    ],
    description:
      'With --is the exit code is 0 when every instance that is asked about has that role, else 1; a director that does not run, or has no instances, has no role.',
  })
    .option('--instance <name>', 'only this one')
    .addOption(new Option('--is <role>', 'ask whether it has this role').choices(VRRP_STATES))
    .option('--watch', 'show it anew every second')
    .option('--quiet', 'with --is: print nothing but why it cannot be known')
    .addOption(jsonOption())
    .addOption(socketOption())
    .addOption(configOption())
    .action((options: HaStatusOptions) => show(context, options));
}

async function show(context: CliContext, options: HaStatusOptions): Promise<void> {
  const { is, quiet, watch, json = false, instance } = options;
  if (quiet === true && is === undefined) throw usageError('--quiet goes with --is');
  if (watch === true && is !== undefined) throw usageError('--watch and --is exclude each other');
  const client = await connect(context, options);
  if (watch === true) {
    const lines = (snapshot: Snapshot, view: HaViewOptions) => haView(shownOf(snapshot, instance), view);
    const document = (snapshot: Snapshot) => shownOf(snapshot, instance);
    const narrower = 'watch one instance with lvsd ha status --instance NAME --watch';
    await watchStatus(context, (signal) => client.status({ signal }), json, { lines, document, narrower });
    return;
  }
  const shown = shownOf(await client.status(), instance);
  if (quiet !== true) context.out(json ? formatJson(shown) : viewText(context, shown));
  if (is !== undefined && !shown.instances.every(({ state }) => state === is)) context.exit(EXIT_FAILED);
}

function viewText(context: CliContext, shown: HaStatus): string {
  const width = context.terminal ? (context.size()?.columns ?? null) : null;
  const lines = haView(shown, { color: context.color, nowMs: context.clock.wallMs(), width });
  return `${lines.join('\n')}\n`;
}

/** @throws CliError when there are no instances, or none of that name */
function shownOf({ ha }: Snapshot, name: string | undefined): HaStatus {
  if (ha === undefined)
    throw failure('show roles: the configuration has no instances of VRRP; they stand below ha');
  if (name === undefined) return ha;
  const instances = chosenOf(ha, name);
  return { ...ha, instances, tracks: ha.tracks.filter(({ instance }) => instance === name) };
}

function chosenOf({ instances }: HaStatus, name: string): readonly InstanceStatus[] {
  const chosen = instances.filter(({ instance }) => instance === name);
  if (chosen.length > 0) return chosen;
  const names = instances.map(({ instance }) => instance);
  throw failure(`show instance ${name}: there is none of that name${nameHint(name, names)}`);
}
