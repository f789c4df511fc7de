import type { Command } from 'commander';
import type { PlanAnswer } from '../../api/protocol.js';
import { DirectorError } from '../../base/errors.js';
import { colors } from '../colors.js';
import { configOption, dataplaneOption, jsonOption, newCommand, socketOption } from '../command.js';
import { configFile } from '../config-file.js';
import { connect, socketPath, type ConnectOptions } from '../connect.js';
import type { CliContext } from '../context.js';
import { EXIT_FAILED } from '../failure.js';
import { formatJson } from '../format.js';
import { planSummary, planView } from '../plan-view.js';
import type { PlanAlone } from '../programs.js';
import { refuseOtherFile } from '../same-file.js';
import type { DirectorSettings } from '../../model/director.js';

interface PlanOptions extends ConnectOptions {
  readonly detailedExitcode?: true;
  readonly all?: true;
  readonly json?: true;
  readonly dataplane?: DirectorSettings['dataplane'];
  readonly allowModule?: true;
}

const EXIT_CHANGES = 3;

/**
 * `lvsd plan`: the steps that a reload would run, with the connections each would touch. Changes nothing. Exits 1 where
 * the reload would be refused, whatever the steps: a script that goes by the exit code must not go on.
 *
 * @param planAlone plans without a running director
 */
export function planCommand(context: CliContext, planAlone: PlanAlone): Command {
  return newCommand({
    name: 'plan',
    summary: 'show what a reload would change, and change nothing',
    examples: ['lvsd plan', 'lvsd plan --json', 'lvsd plan --detailed-exitcode || test $? -eq 3'],
    description:
      'Exits 1 when a reload would be refused without --force, and says why. ' +
      'Asks the running director, which reads its own file and no other. Where none runs, plans FILE against the ' +
      "kernel's table, for the userspace plane against an empty one, without checks; --dataplane and " +
      '--allow-module then mean what they mean for lvsd run.',
  })
    .option('--all', 'also services that lvsd has for its own probes (checks with path: vip)')
    .option('--detailed-exitcode', 'exit 0 when nothing would change, 3 when something would')
    .addOption(dataplaneOption())
    .option('--allow-module', 'accept scheduler modules from anywhere')
    .addOption(jsonOption())
    .addOption(socketOption())
    .addOption(configOption())
    .action((options: PlanOptions) => plan(context, options, planAlone));
}

async function plan(context: CliContext, options: PlanOptions, planAlone: PlanAlone): Promise<void> {
  const { answer: made, applied } = await makePlan(context, options, planAlone);
  const steps = options.all === true ? made.steps : made.steps.filter(({ probe }) => probe !== true);
  const answer = { ...made, steps };
  if (options.json === true) context.out(formatJson(answer));
  else printPlan(context, answer, applied);
  if (answer.refusedWithoutForce !== null) context.exit(EXIT_FAILED);
  else if (options.detailedExitcode === true && answer.steps.length > 0) context.exit(EXIT_CHANGES);
}

interface MadePlan {
  readonly answer: PlanAnswer;
  /** What would apply it. */
  readonly applied: 'lvsd reload' | 'lvsd apply';
}

async function makePlan(context: CliContext, options: PlanOptions, planAlone: PlanAlone): Promise<MadePlan> {
  const client = await connect(context, options);
  try {
    const answer = await client.plan();
    await refuseOtherFile('plan', options.config, () => Promise.resolve(answer.file));
    return { answer, applied: 'lvsd reload' };
  } catch (error) {
    if (!(error instanceof DirectorError) || error.code !== 'ERR_API_NO_DAEMON') throw error;
    const { dataplane, allowModule } = options;
    const { answer, against } = await planAlone({
      config: await configFile(options.config),
      allowModule: allowModule === true,
      ...(dataplane === undefined ? {} : { dataplane }),
    });
    const socket = await socketPath(context, options);
    context.err(`No director runs on ${socket}: planned against ${against}, without checks.\n`);
    return { answer, applied: 'lvsd apply' };
  }
}

function printPlan(context: CliContext, answer: PlanAnswer, applied: MadePlan['applied']): void {
  for (const warning of answer.warnings) context.err(`${warning.trimEnd()}\n`);
  for (const line of planView(answer.steps, context.color)) context.out(`${line}\n`);
  context.out(`${planSummary(answer.steps, 'future')}\n`);
  if (answer.refusedWithoutForce === null) return;
  const refused = colors(context.errorColor).red(`${applied} would be refused without --force:`);
  context.err(`${refused} ${answer.refusedWithoutForce}\n`);
}
