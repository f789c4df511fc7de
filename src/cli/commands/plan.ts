import type { Command } from 'commander';
import type { PlanAnswer } from '../../api/protocol.js';
import { DirectorError } from '../../base/errors.js';
import { configOption, dataplaneOption, jsonOption, newCommand, socketOption } from '../command.js';
import { configFile } from '../config-file.js';
import { connect, socketPath, type ConnectOptions } from '../connect.js';
import type { CliContext } from '../context.js';
import { failingAsJson } from '../failure.js';
import { formatJson } from '../format.js';
import { planSummary, planView } from '../plan-view.js';
import type { PlanAlone } from '../programs.js';
import { refuseOtherFile } from '../same-file.js';
import type { DirectorSettings } from '../../model/director.js';

interface PlanOptions extends ConnectOptions {
  readonly detailedExitcode?: true;
  readonly json?: true;
  readonly dataplane?: DirectorSettings['dataplane'];
  readonly allowModule?: true;
}

const EXIT_CHANGES = 3;

/**
 * `lvsd plan`: the steps that a reload would run, with the connections each would touch. Changes nothing.
 *
 * @param planAlone plans without a running director
 */
export function planCommand(context: CliContext, planAlone: PlanAlone): Command {
  return newCommand({
    name: 'plan',
    summary: 'show what a reload would change, and change nothing',
    examples: ['lvsd plan', 'lvsd plan --json', 'lvsd plan --detailed-exitcode || test $? -eq 3'],
    description:
      'Asks the running director, which reads its own file and no other. Where none runs, plans FILE against the ' +
      "kernel's table, for the userspace plane against an empty one, without checks; --dataplane and " +
      '--allow-module then mean what they mean for lvsd run.',
  })
    .option('--detailed-exitcode', 'exit 0 when nothing would change, 3 when something would')
    .addOption(dataplaneOption())
    .option('--allow-module', 'accept scheduler modules from anywhere')
    .addOption(jsonOption())
    .addOption(socketOption())
    .addOption(configOption())
    .action(async (options: PlanOptions) => {
      if (options.json === true) await failingAsJson(context, () => plan(context, options, planAlone));
      else await plan(context, options, planAlone);
    });
}

async function plan(context: CliContext, options: PlanOptions, planAlone: PlanAlone): Promise<void> {
  const answer = await makePlan(context, options, planAlone);
  if (options.json === true) context.out(formatJson(answer));
  else printPlan(context, answer);
  if (options.detailedExitcode === true && answer.steps.length > 0) context.exit(EXIT_CHANGES);
}

async function makePlan(
  context: CliContext,
  options: PlanOptions,
  planAlone: PlanAlone,
): Promise<PlanAnswer> {
  const client = await connect(context, options);
  try {
    const answer = await client.plan();
    await refuseOtherFile('plan', options.config, () => Promise.resolve(answer.file));
    return answer;
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
    return answer;
  }
}

function printPlan(context: CliContext, answer: PlanAnswer): void {
  for (const warning of answer.warnings) context.err(`${warning.trimEnd()}\n`);
  for (const line of planView(answer.steps, context.color)) context.out(`${line}\n`);
  context.out(`${planSummary(answer.steps, 'future')}\n`);
  if (answer.refusedWithoutForce !== null) {
    context.out(`A reload would be refused without --force: ${answer.refusedWithoutForce}\n`);
  }
}
