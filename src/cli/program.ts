/** The whole command line: every command, in the order of --help. */
import { Command } from 'commander';
import { VERSION } from '../base/version.js';
import { nameHint } from '../config/name-hint.js';
import { agentCommand } from './commands/agent.js';
import { applyCommand } from './commands/apply.js';
import { checkCommand } from './commands/check.js';
import { completionCommand } from './commands/completion.js';
import { connectionsCommand } from './commands/connections.js';
import { demoCommand } from './commands/demo.js';
import { drainCommand, undrainCommand } from './commands/drain.js';
import { doctorCommand } from './commands/doctor.js';
import { eventsCommand } from './commands/events.js';
import { haCommand } from './commands/ha.js';
import { historyCommand } from './commands/history.js';
import { maintenanceCommand } from './commands/maintenance.js';
import { noticesCommand } from './commands/notices.js';
import { planCommand } from './commands/plan.js';
import { realserverCommand } from './commands/realserver.js';
import { reloadCommand } from './commands/reload.js';
import { reportCommand } from './commands/report.js';
import { runCommand } from './commands/run.js';
import { schemaCommand } from './commands/schema.js';
import { simulateCommand } from './commands/simulate.js';
import { statusCommand } from './commands/status.js';
import { weightCommand } from './commands/weight.js';
import type { CliContext } from './context.js';
import { reportFailure, usageError } from './failure.js';
import type { Programs } from './programs.js';

const GROUPS = {
  serve: 'Serve:',
  look: 'Look:',
  change: 'Change:',
  host: 'This host:',
  learn: 'Learn:',
} as const;

/** Builds the parser; nothing runs before its `parseAsync`. */
export function createProgram(context: CliContext, programs: Programs): Command {
  const program = new Command('lvsd')
    .description(
      'Layer-4 load-balancer director: one YAML file, the schedulers of IPVS, health checks, metrics.',
    )
    .version(VERSION, '-V, --version', 'output the version')
    .helpOption('-h, --help', 'display help for command')
    .addHelpCommand(helpCommand())
    .addHelpText(
      'after',
      ['', 'Try it:', '  lvsd demo', '', 'Each command has examples: lvsd status --help'].join('\n'),
    )
    .showHelpAfterError('See lvsd --help.')
    // what stands behind `history show` is for `show`, although `history` has options of the same name
    .enablePositionalOptions()
    .configureOutput({ writeOut: context.out, writeErr: context.err, getOutHasColors: () => context.color })
    .exitOverride();
  const add = (group: string, ...commands: readonly Command[]): void => {
    for (const command of commands) program.addCommand(withSettingsOf(program, command).helpGroup(group));
  };
  add(GROUPS.serve, runCommand(context, programs.runDirector), checkCommand(context));
  add(GROUPS.look, statusCommand(context), eventsCommand(context), connectionsCommand(context));
  add(GROUPS.look, haCommand(context), noticesCommand(context));
  add(GROUPS.look, reportCommand(context, programs.makeReport));
  add(
    GROUPS.change,
    planCommand(context, programs.planAlone),
    applyCommand(context, programs.applyAlone),
    reloadCommand(context),
    weightCommand(context),
    drainCommand(context),
    undrainCommand(context),
    maintenanceCommand(context),
    historyCommand(context),
  );
  add(GROUPS.host, doctorCommand(context), realserverCommand(context), agentCommand(context));
  add(GROUPS.learn, demoCommand(context, programs.runDemo), simulateCommand(context), schemaCommand(context));
  add(GROUPS.learn, completionCommand(context, program));
  return program;
}

/** What people type from habit; `--help` is the same. */
function helpCommand(): Command {
  return new Command('help')
    .argument('[command]')
    .summary('display help for a command')
    .helpGroup(GROUPS.learn);
}

/** The parser would print the general help instead, without a word of what it did not find. */
function refuseUnknownTopic(program: Command, [first, topic]: readonly string[]): void {
  if (first !== 'help' || topic === undefined || topic.startsWith('-')) return;
  const names = [...program.commands.map((command) => command.name()), 'help'];
  if (names.includes(topic)) return;
  throw usageError(`help ${topic}: there is no such command${nameHint(topic, names)}`);
}

/** Output and exit as the program's; the help after an error stays the command's own. */
function withSettingsOf(program: Command, command: Command, before = 'lvsd'): Command {
  const name = `${before} ${command.name()}`;
  for (const subcommand of command.commands) withSettingsOf(program, subcommand, name);
  return command.copyInheritedSettings(program).showHelpAfterError(`See ${name} --help.`);
}

/**
 * Runs one command line. Never rejects: what goes wrong is printed and becomes the exit code.
 *
 * @param words without the interpreter and the program
 */
export async function runCli(
  words: readonly string[],
  context: CliContext,
  programs: Programs,
): Promise<void> {
  try {
    const program = createProgram(context, programs);
    if (words.length === 0) program.help({ error: true });
    refuseUnknownTopic(program, words);
    await program.parseAsync(words, { from: 'user' });
  } catch (error) {
    const code = reportFailure(error, context);
    if (code !== 0) context.exit(code);
  }
}
