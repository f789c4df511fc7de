import type { Command } from 'commander';
import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { PlanAnswer } from '../../api/protocol.js';
import { DirectorError } from '../../base/errors.js';
import { configOption, dataplaneOption, jsonOption, newCommand, socketOption } from '../command.js';
import { configFile } from '../config-file.js';
import { connect, socketPath, type ConnectOptions } from '../connect.js';
import type { CliContext } from '../context.js';
import { failingAsJson, failure } from '../failure.js';
import { formatJson } from '../format.js';
import { planSummary, planView } from '../plan-view.js';
import type { PlanAlone } from '../programs.js';

interface PlanOptions extends ConnectOptions {
  readonly detailedExitcode?: true;
  readonly json?: true;
  readonly dataplane?: 'proxy';
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
      'Asks the running director, which reads its own file and no other. Where none runs, plans FILE against an ' +
      'empty table, without checks; --dataplane and --allow-module then mean what they mean for lvsd run.',
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
    await refuseOtherFile(options.config, answer.file);
    return answer;
  } catch (error) {
    if (!(error instanceof DirectorError) || error.code !== 'ERR_API_NO_DAEMON') throw error;
    const { dataplane, allowModule } = options;
    const answer = await planAlone({
      config: await configFile(options.config),
      allowModule: allowModule === true,
      ...(dataplane === undefined ? {} : { dataplane }),
    });
    const socket = await socketPath(context, options);
    context.err(`No director runs on ${socket}: planned against an empty table, without checks.\n`);
    return answer;
  }
}

/** The plan of one file is no answer to a question about another. */
async function refuseOtherFile(asked: string | undefined, planned: string): Promise<void> {
  if (asked === undefined || (await samePath(asked, planned))) return;
  throw failure(
    `plan ${asked}: the running director reads ${planned} and plans only that; ` +
      `put the change there, or see what the file says with lvsd check -c ${asked}`,
  );
}

async function samePath(one: string, other: string): Promise<boolean> {
  if (resolve(one) === other) return true;
  try {
    return (await realpath(one)) === (await realpath(other));
  } catch {
    // One of them is gone by now: they cannot be the same.
    return false;
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
