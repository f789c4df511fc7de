import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { Option, type Command } from 'commander';
import { DirectorError, reasonOf } from '../../base/errors.js';
import type { ProbedGeneration } from '../../host/kernel-generation.js';
import { SCHEDULER_NAMES } from '../../model/scheduler-names.js';
import { simulateBalance } from '../../simulate/balance.js';
import { replayTrace, type ReplayOptions, type ReplayResult } from '../../simulate/replay.js';
import { parseTrace, type Trace } from '../../simulate/trace.js';
import { balanceView } from '../balance-view.js';
import { jsonOption, newCommand, wholeNumber } from '../command.js';
import type { CliContext } from '../context.js';
import { EXIT_FAILED, failure, usageError } from '../failure.js';
import { formatJson } from '../format.js';
import { replayView } from '../replay-view.js';
import { balanceOptions, type BalanceRequest } from '../simulate-request.js';
import { generationLine, simulatedGeneration } from '../simulated-generation.js';

/** What this command needs of the world. */
type Output = Pick<CliContext, 'out' | 'err' | 'color' | 'exit'>;

interface SimulateOptions extends Omit<BalanceRequest, 'scheduler' | 'servers' | 'generation'> {
  readonly scheduler?: BalanceRequest['scheduler'];
  readonly servers?: string;
  readonly generation?: BalanceRequest['generation'];
  readonly trace?: readonly string[];
  readonly json?: true;
}

/** Asks the running kernel for its rules. */
type Probe = () => ProbedGeneration | Promise<ProbedGeneration>;

/** Loaded when it is needed: it brings what talks to the kernel. */
const askKernel: Probe = async () =>
  (await import('../../host/kernel-generation.js')).probeKernelGeneration();

/**
 * `lvsd simulate`: a scheduler's choices without network, made up or as a real kernel recorded them.
 *
 * @param probe default: asks the kernel that runs
 */
export function simulateCommand(context: Output, probe: Probe = askKernel): Command {
  return newCommand({
    name: 'simulate',
    summary: 'show how a scheduler deals connections, or replay recorded traces',
    examples: [
      'lvsd simulate --scheduler wlc --servers a=3,b=1,c=1',
      'lvsd simulate --scheduler mh --servers a,b,c --clients 500 --remove b@500',
      'lvsd simulate --trace test/golden/traces/*.json',
    ],
    description:
      'Nothing is sent. The same options give the same result; without --generation on kernels of one generation: ' +
      'root on a host with IPVS gets the rules of its kernel, anybody else classic, and the output says which. dh, lblc and lblcr go by the virtual address: ' +
      'each simulated client has its own.',
  })
    .addOption(new Option('--scheduler <name>', 'the scheduler').choices(SCHEDULER_NAMES))
    .option('--servers <list>', 'NAME=WEIGHT,... in the order added; weight 1 if left out')
    .option('--connections <n>', 'how many are opened', wholeNumber(1, 10_000_000), 1000)
    .option('--hold <n>', 'a connection ends when so many more were opened', wholeNumber(1, 1_000_000), 10)
    .option('--clients <n>', 'distinct client addresses', wholeNumber(1, 1_000_000), 50)
    .option('--remove <server@n>', 'the server leaves before connection n; may be repeated', collect)
    .option('--flags <list>', 'sh-port,sh-fallback,mh-port,mh-fallback')
    .addOption(
      new Option(
        '--generation <name>',
        "kernel's rules (default: those of the running kernel, or of a trace's)",
      ).choices(['classic', 'total', 'capped']),
    )
    .option('--seed <n>', 'of the made-up clients', wholeNumber(0, 4_294_967_295), 1)
    .option('--trace <file...>', 'replay recorded traces and compare every choice')
    .addOption(jsonOption())
    .action((options: SimulateOptions) => runSimulate(options, context, probe));
}

function collect(value: string, collected: readonly string[] = []): readonly string[] {
  return [...collected, value];
}

/**
 * Runs the command with parsed options. A difference from a recording, or a trace that cannot be read, exits 1.
 *
 * @throws CliError with exit code 2 for options that make no sense
 */
export async function runSimulate(options: SimulateOptions, context: Output, probe: Probe): Promise<void> {
  if (options.trace !== undefined) {
    if (options.scheduler !== undefined || options.servers !== undefined) {
      throw usageError(
        'simulate: --trace brings its own scheduler and servers; leave out --scheduler and --servers',
      );
    }
    await replayFiles(options.trace, options, context);
    return;
  }
  const { scheduler, servers } = options;
  if (scheduler === undefined || servers === undefined) {
    throw usageError('simulate: give --scheduler NAME and --servers a=3,b=1,c=1, or --trace FILE...');
  }
  await showBalance({ ...options, scheduler, servers }, context, probe);
}

type BalanceOptionWords = SimulateOptions & Pick<BalanceRequest, 'scheduler' | 'servers'>;

async function showBalance(words: BalanceOptionWords, context: Output, probe: Probe): Promise<void> {
  // what makes no sense is refused before the kernel is asked
  const asked = balanceOptions({ ...words, generation: words.generation ?? 'classic' });
  const generation = await simulatedGeneration(words.generation, probe);
  const options = { ...asked, generation: generation.name };
  const balance = simulateBalance(options);
  const { scheduler, connections } = options;
  if (words.json === true) context.out(formatJson({ scheduler, connections, generation, ...balance }));
  else
    context.out(`${balanceView(options, generationLine(generation), balance, context.color).join('\n')}\n`);
}

/** One file's outcome: a replay, or why there is none. */
type FileOutcome =
  | { readonly name: string; readonly trace: Trace; readonly result: ReplayResult }
  | { readonly name: string; readonly error: string };

async function replayFiles(
  files: readonly string[],
  options: SimulateOptions,
  context: Output,
): Promise<void> {
  const replayOptions = options.generation === undefined ? {} : { generation: options.generation };
  const outcomes: FileOutcome[] = [];
  for (const file of files) {
    const outcome = await replayFile(file, replayOptions);
    outcomes.push(outcome);
    if (options.json !== true) printOutcome(outcome, context);
  }
  if (options.json === true) context.out(formatJson(outcomes.map(outcomeJson)));
  if (!outcomes.every(isAsRecorded)) context.exit(EXIT_FAILED);
}

async function replayFile(file: string, options: ReplayOptions): Promise<FileOutcome> {
  const name = basename(file, '.json');
  try {
    const trace = parseTrace(await readTrace(file));
    return { name, trace, result: replayTrace(trace, options) };
  } catch (error) {
    if (!isExplained(error)) throw error;
    return { name, error: reasonOf(error) };
  }
}

async function readTrace(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'there is no such file' : (code ?? message);
    throw failure(`read ${file}: ${reason}`, cause);
  }
}

/** Faults of the file, of the system or of the trace's flags; anything else is a bug. */
function isExplained(error: unknown): boolean {
  return error instanceof DirectorError || (error instanceof Error && 'code' in error);
}

function printOutcome(outcome: FileOutcome, context: Output): void {
  if ('error' in outcome) context.err(`${outcome.name}: ${outcome.error}\n`);
  else context.out(`${replayView(outcome.name, outcome.trace, outcome.result).join('\n')}\n`);
}

function isAsRecorded(outcome: FileOutcome): boolean {
  return 'result' in outcome && outcome.result.firstDifference === null;
}

function outcomeJson(outcome: FileOutcome): object {
  if ('error' in outcome) return outcome;
  return { name: outcome.name, scheduler: outcome.trace.scheduler, ...outcome.result };
}
