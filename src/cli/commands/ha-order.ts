import type { Command } from 'commander';
import type { HaMove, HaOrderAnswer, HaOrderRequest } from '../../api/protocol.js';
import { configOption, jsonOption, newCommand, socketOption } from '../command.js';
import { connect, type ConnectOptions } from '../connect.js';
import type { CliContext } from '../context.js';
import { EXIT_FAILED } from '../failure.js';
import { formatJson } from '../format.js';

interface HaOrderOptions extends ConnectOptions {
  readonly instance?: string;
  readonly force?: true;
  readonly json?: true;
}

type Verb = HaOrderRequest['verb'];

const SUMMARIES: Readonly<Record<Verb, string>> = {
  release: 'give instances that are active here to another director',
  takeover: 'make instances active here',
};

const DESCRIPTIONS: Readonly<Record<Verb, string>> = {
  release:
    'The addresses are removed, another director takes over, and this one does not take them back unless that one falls silent, lvsd starts anew, or lvsd ha takeover is asked for. Where nobody takes over, this one stays active.',
  takeover:
    'This director becomes active at once, whatever the priorities are, and stands above the other one for as long as it is active.',
};

const COMMON =
  'Without --instance all are meant that can move so; the instances of a group move together. The time is printed for which nobody had the addresses. Exit code 1 when one stays where it is.';

/** `lvsd ha release` and `lvsd ha takeover`. */
export function haOrderCommand(context: CliContext, verb: Verb): Command {
  return newCommand({
    name: verb,
    summary: SUMMARIES[verb],
    examples: [`lvsd ha ${verb} --force`, `lvsd ha ${verb} --instance vi_shop --force`],
    description: `${DESCRIPTIONS[verb]}\n\n${COMMON}`,
  })
    .option('--instance <name>', 'only this one, and those of its group')
    .option('--force', 'also where nobody can say whether the other director is ready')
    .addOption(jsonOption())
    .addOption(socketOption())
    .addOption(configOption())
    .action((options: HaOrderOptions) => order(context, verb, options));
}

async function order(context: CliContext, verb: Verb, options: HaOrderOptions): Promise<void> {
  const { instance, force = false } = options;
  const client = await connect(context, options);
  const answer = await client.orderInstances({
    verb,
    ...(instance === undefined ? {} : { instance }),
    force,
  });
  if (options.json === true) context.out(formatJson(answer));
  else tell(context, answer);
  if (answer.moves.some(({ error }) => error !== null)) context.exit(EXIT_FAILED);
}

function tell(context: CliContext, { verb, moves }: HaOrderAnswer): void {
  for (const move of moves) {
    if (move.error === null) context.out(`${subjectOf(move)}: ${movedText(verb, move)}\n`);
    else context.err(`lvsd: ${verb} ${subjectOf(move)}: ${move.error}\n`);
  }
}

/** `vi_shop`, or `vi_shop, vi_gate (group gates)`. */
function subjectOf({ instances, group }: HaMove): string {
  return `${instances.join(', ')}${group === null ? '' : ` (group ${group})`}`;
}

function movedText(verb: Verb, { peer, gapMs }: HaMove): string {
  const after = gapMs === null ? '' : ` after ${Math.round(gapMs)} ms`;
  if (verb === 'release') return `released; ${peer ?? 'another director'} is active${after}`;
  if (gapMs === null) return 'taken over; nobody else was active';
  return `taken over from ${peer ?? 'another director'}${after}`;
}
