import { Option, type Command } from 'commander';
import { nameHint } from '../../config/name-hint.js';
import type { HaStatus, InstanceStatus } from '../../model/ha-status.js';
import { VRRP_STATES, type VrrpState } from '../../model/vrrp-role.js';
import { configOption, jsonOption, newCommand, socketOption } from '../command.js';
import { connect, type ConnectOptions } from '../connect.js';
import type { CliContext } from '../context.js';
import { EXIT_FAILED, failure, usageError } from '../failure.js';
import { formatJson } from '../format.js';
import { haView } from '../ha-view.js';
import { haOrderCommand } from './ha-order.js';

interface HaStatusOptions extends ConnectOptions {
  readonly json?: true;
  readonly quiet?: true;
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
      'lvsd ha status --is active --instance vi_shop',
      'lvsd ha status --quiet --is backup && run-backup',
      "lvsd ha status --json | jq '.instances[].state'",
    ],
    description:
      'With --is the exit code is 0 when every instance that is asked about has that role, else 1; a director that does not run, or has no instances, has no role.',
  })
    .option('--instance <name>', 'only this one')
    .addOption(new Option('--is <role>', 'ask whether it has this role').choices(VRRP_STATES))
    .option('--quiet', 'with --is: print nothing but why it cannot be known')
    .addOption(jsonOption())
    .addOption(socketOption())
    .addOption(configOption())
    .action((options: HaStatusOptions) => show(context, options));
}

async function show(context: CliContext, options: HaStatusOptions): Promise<void> {
  const { is, quiet } = options;
  if (quiet === true && is === undefined) throw usageError('--quiet goes with --is');
  const snapshot = await (await connect(context, options)).status();
  const { ha } = snapshot;
  if (ha === undefined)
    throw failure('show roles: the configuration has no instances of VRRP; they stand below ha');
  const instances = chosenOf(ha, options.instance);
  const shown = { ...ha, instances };
  if (quiet !== true) {
    if (options.json === true) context.out(formatJson(shown));
    else {
      const { color } = context;
      context.out(`${haView(shown, { color, nowMs: context.clock.wallMs() }).join('\n')}\n`);
    }
  }
  if (is !== undefined && !instances.every(({ state }) => state === is)) context.exit(EXIT_FAILED);
}

function chosenOf({ instances }: HaStatus, name: string | undefined): readonly InstanceStatus[] {
  if (name === undefined) return instances;
  const chosen = instances.filter(({ instance }) => instance === name);
  if (chosen.length > 0) return chosen;
  const names = instances.map(({ instance }) => instance);
  throw failure(`show instance ${name}: there is none of that name${nameHint(name, names)}`);
}
