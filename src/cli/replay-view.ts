/** How the replay of a trace reads on a terminal: one line when all is as recorded, else the first difference. */
import { formatEndpoint } from '../base/ip.js';
import type { ReplayDifference, ReplayResult, ReplayServerState } from '../simulate/replay.js';
import type { Trace, TraceStep } from '../simulate/trace.js';
import { formatTable, type Column } from './table.js';

/** Steps shown before the one that differs. */
const RECENT_STEPS = 5;

const columns: readonly Column[] = [
  { title: 'SERVER' },
  { title: 'WEIGHT', align: 'right' },
  { title: 'ACTIVE', align: 'right' },
  { title: 'INACTIVE', align: 'right' },
  { title: 'FLAG' },
];

/**
 * Lines without line ends.
 *
 * @param name what the file is called in the output
 */
export function replayView(name: string, trace: Trace, result: ReplayResult): string[] {
  const line = `${name}: ${result.matched} of ${result.choices} choices as recorded`;
  const difference = result.firstDifference;
  return difference === null ? [line] : [line, ...differenceLines(trace, difference, result.generation)];
}

function differenceLines(trace: Trace, difference: ReplayDifference, generation: string): string[] {
  const { step, about, expected, got } = difference;
  const first = Math.max(0, step - RECENT_STEPS);
  return [
    `  first difference: ${about} at ${stepLabel(trace, step)}`,
    `    recorded: ${expected}`,
    `    got:      ${got}`,
    `  scheduler ${[trace.scheduler, ...trace.flags].join(' ')}, ${trace.kernel}, generation ${generation}`,
    '  list then, newest first:',
    ...formatTable(columns, difference.servers.map(serverRow), { indent: 4 }),
    ...(step <= 0 ? [] : ['  steps before:']),
    ...trace.steps
      .slice(first, Math.max(0, step))
      .map((_, index) => `    ${stepLabel(trace, first + index)}`),
  ];
}

function stepLabel(trace: Trace, index: number): string {
  const step = trace.steps[index];
  return step === undefined ? 'the start' : `step ${index}: ${describeStep(step)}`;
}

function describeStep(step: TraceStep): string {
  switch (step.op) {
    case 'open': {
      const client = formatEndpoint(step.client.address, step.client.port);
      const vip = formatEndpoint(step.vip.address, step.vip.port);
      return `open connection ${step.conn}, ${client} to ${vip}, recorded ${step.chosen ?? 'no destination'}`;
    }
    case 'close':
      return `close connection ${step.conn} on ${step.server} by ${step.how}`;
    case 'set-weight':
    case 'add': {
      const { name, weight, upperThreshold, lowerThreshold } = step.dest;
      return `${step.op} ${name}, weight ${weight}, thresholds ${upperThreshold} and ${lowerThreshold}`;
    }
    case 'del':
      return `del ${step.dest.name}`;
    case 'advance':
      return `advance ${step.seconds} s`;
  }
}

function serverRow(server: ReplayServerState): string[] {
  const { name, weight, activeConnections, inactiveConnections, overloaded } = server;
  return [
    name,
    String(weight),
    String(activeConnections),
    String(inactiveConnections),
    overloaded ? 'overloaded' : '',
  ];
}
