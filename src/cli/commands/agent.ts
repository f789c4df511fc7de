import { resolve } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { Agent } from '../../agent/agent.js';
import { MAINTENANCE_WORDS, type MaintenanceWord } from '../../agent/answer.js';
import type { HostReadings } from '../../agent/host-readings.js';
import type { FigureName, ShareRules } from '../../agent/share.js';
import { isWildcard, parseEndpoint } from '../../base/ip.js';
import { figuresView } from '../agent-view.js';
import { jsonOption, newCommand, wholeNumber } from '../command.js';
import type { CliContext } from '../context.js';
import { EXIT_FAILED, usageError } from '../failure.js';
import { formatJson } from '../format.js';

interface AgentCommandOptions {
  readonly listen?: readonly string[];
  readonly anyAddress?: true;
  readonly allow?: readonly string[];
  readonly port?: readonly number[];
  readonly load: number;
  readonly memory: number;
  readonly connections?: number;
  readonly weighting: Weightings;
  readonly least: number;
  readonly maintenanceFile?: string;
  readonly maintenanceWord: MaintenanceWord;
  readonly show?: true;
  readonly json?: true;
}

type Weightings = Readonly<Record<FigureName, number>>;

const EQUAL: Weightings = { load: 1, memory: 1, connections: 1 };

/** `lvsd agent`: on a real server, answers the agent checks of directors. */
export function agentCommand(context: CliContext): Command {
  return newCommand({
    name: 'agent',
    summary: 'tell directors how much of its weight this real server should get',
    examples: [
      'lvsd agent --listen 10.0.0.11:9412 --allow 10.0.0.0/24',
      'lvsd agent --listen 10.0.0.11:9412 --allow 10.0.0.2 --port 443 --connections 2000',
      'lvsd agent --listen 10.0.0.11:9412 --allow 10.0.0.2 --weighting load=3,memory=1',
      'lvsd agent --listen 10.0.0.11:9412 --allow 10.0.0.2 --maintenance-file /run/maintenance',
      'lvsd agent --show',
    ],
    description:
      'Runs on the real server, without any privilege. Whoever connects gets one line, such as 75%, as the agent protocol of ' +
      'HAProxy has it. The share falls as load, memory or connections run out; the director bounds what it makes of it.',
  })
    .option('--listen <address:port...>', 'where to answer; may be repeated')
    .option('--any-address', 'accept 0.0.0.0 or [::] in --listen')
    .option('--allow <prefix...>', 'answer these askers only: an address or a prefix; may be repeated')
    .addOption(
      new Option('--load <limit>', 'load of a minute per CPU at which nothing is left')
        .default(2)
        .argParser(positive),
    )
    .addOption(
      new Option('--memory <percent>', 'memory counts once less than this is available')
        .default(20)
        .argParser(wholeNumber(1, 100)),
    )
    .option('--port <number...>', 'count the connections of this local port', eachPort)
    .addOption(
      new Option('--connections <limit>', 'number of them at which nothing is left').argParser(
        wholeNumber(1, 10_000_000),
      ),
    )
    .addOption(
      new Option('--weighting <list>', 'how much each figure counts: 0 not at all, 1 unless named')
        .default(EQUAL, 'load=1,memory=1,connections=1')
        .argParser(parseWeightings),
    )
    .addOption(
      new Option('--least <percent>', 'never say less; 0 takes the server out of service')
        .default(1)
        .argParser(wholeNumber(0, 100)),
    )
    .option('--maintenance-file <path>', 'say so while this file exists')
    .addOption(
      new Option('--maintenance-word <word>', 'in this word').choices(MAINTENANCE_WORDS).default('maint'),
    )
    .option('--show', 'print the figures and the answer, and exit')
    .addOption(jsonOption())
    .action((options: AgentCommandOptions) =>
      options.show === true ? show(context, options) : serve(context, options),
    );
}

async function serve(context: CliContext, options: AgentCommandOptions): Promise<void> {
  const agent = await createAgent(context, options);
  const signal = context.interrupted();
  const listening = await agent.start();
  if (options.json === true) context.out(`${JSON.stringify({ listening })}\n`);
  else for (const endpoint of listening) context.out(`lvsd agent: listening on ${endpoint}\n`);
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
  await agent.close();
}

async function createAgent(context: CliContext, options: AgentCommandOptions): Promise<Agent> {
  const { Agent } = await import('../../agent/agent.js');
  const { maintenanceFile, maintenanceWord: word } = options;
  return new Agent({
    clock: context.clock,
    listen: listenOf(options),
    allowed: await allowedOf(options),
    rules: rulesOf(options),
    ports: options.port ?? [],
    maintenance: maintenanceFile === undefined ? null : { path: resolve(maintenanceFile), word },
    tell: (line) => context.err(`lvsd agent: ${line}\n`),
  });
}

function listenOf({ listen = [], anyAddress }: AgentCommandOptions) {
  if (listen.length === 0) throw usageError('agent: say where to answer: --listen ADDRESS:PORT');
  return listen.map((text) => {
    const endpoint = parseEndpoint(text);
    if (endpoint === null)
      throw usageError(
        `agent --listen ${text}: expected ADDRESS:PORT, IPv6 in brackets: [2001:db8::11]:9412`,
      );
    if (isWildcard(endpoint.text) && anyAddress !== true)
      throw usageError(
        `agent --listen ${text}: that is every address of this host; name one, or add --any-address if it is meant`,
      );
    return endpoint;
  });
}

async function allowedOf({ allow = [] }: AgentCommandOptions) {
  if (allow.length === 0)
    throw usageError("agent: say who may ask: --allow PREFIX, the directors' addresses");
  const { PrefixList } = await import('../../agent/prefix-list.js');
  const list = new PrefixList();
  for (const text of allow) {
    if (!list.add(text)) throw usageError(`agent --allow ${text}: expected an address, or ADDRESS/LENGTH`);
  }
  return list;
}

function rulesOf(options: AgentCommandOptions): ShareRules {
  const { load, memory, connections, weighting, least } = options;
  if ((connections === undefined) !== (options.port === undefined))
    throw usageError('agent: --port and --connections go together');
  const counted = { ...weighting, connections: connections === undefined ? 0 : weighting.connections };
  if (Object.values(counted).every((each) => each === 0))
    throw usageError('agent --weighting: at least one figure has to count');
  return {
    load: { limitPerCpu: load, weighting: weighting.load },
    memory: { full: memory / 100, weighting: weighting.memory },
    connections: connections === undefined ? null : { limit: connections, weighting: weighting.connections },
    leastPercent: least,
  };
}

async function show(context: CliContext, options: AgentCommandOptions): Promise<void> {
  const rules = rulesOf(options);
  const { readHost } = await import('../../agent/host-readings.js');
  const { computeFigures, computePercent } = await import('../../agent/share.js');
  const { readings, troubles }: HostReadings = await readHost({ ports: options.port ?? [] });
  const figures = computeFigures(readings, rules);
  const percent = computePercent(figures, rules.leastPercent);
  context.out(
    options.json === true
      ? formatJson({ percent, figures, troubles })
      : figuresView({ percent, figures }, context.color),
  );
  if (options.json !== true) for (const trouble of troubles) context.err(`lvsd agent: ${trouble}\n`);
  if (percent === null) context.exit(EXIT_FAILED);
}

function positive(text: string): number {
  const value = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && value > 0) return value;
  throw new InvalidArgumentError('Expected a number above 0.');
}

/** The parser hands in what stood before it in the list. */
function eachPort(text: string, before: readonly number[] | undefined): readonly number[] {
  return [...(before ?? []), wholeNumber(1, 65_535)(text)];
}

function parseWeightings(text: string): Weightings {
  const weightings: Record<FigureName, number> = { ...EQUAL };
  for (const part of text.split(',')) {
    const [, name = '', value = ''] = /^(\w+)=(\d{1,4}(?:\.\d{1,3})?)$/.exec(part) ?? [];
    if (!isFigure(name))
      throw new InvalidArgumentError('Expected load=N,memory=N,connections=N, or some of them.');
    weightings[name] = Number(value);
  }
  return weightings;
}

function isFigure(name: string): name is FigureName {
  return name === 'load' || name === 'memory' || name === 'connections';
}
