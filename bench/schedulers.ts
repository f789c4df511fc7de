/**
 * Picks a second on one core, for every scheduler and several list lengths, with what a stranger would pass in:
 * plain server literals, plain flow literals whose addresses are text. Clients and virtual addresses rotate; all
 * servers have active connections, so that no scan ends early. wrr runs with equal weights, as its target says.
 * All schedulers run in one process, so call sites have seen every class. Each figure is the best of five rounds, by
 * the CPU time of this process, so that neighbours on the machine count less.
 */
import {
  createScheduler,
  schedulerNames,
  type Family,
  type Flow,
  type Scheduler,
  type SchedulerName,
  type SchedulerServer,
} from '../schedulers/index.js';
import { keepResult, printTable } from './support/report.js';

const LENGTHS = [3, 10, 100, 1000];
const CLIENTS = 1024;
const VIRTUAL_ADDRESSES = 256;
const ROUNDS = 5;
const ROUND_MS = 60;
const BATCH = 1024;

/** Million picks a second that must be reached, by list length; at 10 it is for all. */
const AT_TEN = 5;
const AT_THOUSAND: Partial<Record<SchedulerName, number>> = {
  rr: 1,
  wrr: 1,
  sh: 1,
  dh: 1,
  mh: 1,
  lc: 0.3,
  wlc: 0.3,
  sed: 0.3,
  nq: 0.3,
};

interface Figure {
  readonly scheduler: SchedulerName;
  readonly family: Family;
  readonly servers: number;
  readonly millionPicksPerSecond: number;
  readonly target: number | null;
}

function address(family: Family, network: number, host: number): string {
  const high = host >> 8;
  const low = host & 255;
  return family === 4
    ? `10.${network}.${high}.${low}`
    : `2001:db8:${network.toString(16)}::${high.toString(16)}:${low.toString(16)}`;
}

function makeServers(family: Family, count: number, equalWeights: boolean): SchedulerServer[] {
  return Array.from({ length: count }, (_, index) => ({
    family,
    address: address(family, 2, index + 1),
    port: 8080,
    weight: equalWeights ? 1 : 1 + ((index * 7) % 10),
    activeConnections: 1 + ((index * 31) % 97),
    inactiveConnections: (index * 17) % 53,
    upperThreshold: 0,
    lowerThreshold: 0,
    overloaded: false,
  }));
}

function makeFlows(family: Family): Flow[] {
  return Array.from({ length: CLIENTS }, (_, index) => ({
    family,
    source: address(family, 1, index + 1),
    sourcePort: 20000 + index,
    destination: address(family, 3, (index % VIRTUAL_ADDRESSES) + 1),
    destinationPort: 80,
    protocol: 'tcp',
  }));
}

/** CPU time that this process has used. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Picks until the round is over; the sum of ports keeps the answers from being optimised away. */
function runRound(scheduler: Scheduler, flows: readonly Flow[]): number {
  const startMs = cpuMs();
  let picks = 0;
  let ports = 0;
  let elapsedMs = 0;
  while (elapsedMs < ROUND_MS) {
    for (let index = 0; index < BATCH; index++) {
      const flow = flows[index & (CLIENTS - 1)];
      if (flow !== undefined) ports += scheduler.pick(flow, startMs)?.port ?? 0;
    }
    picks += BATCH;
    elapsedMs = cpuMs() - startMs;
  }
  if (ports === 0) throw new Error('nothing was picked');
  return picks / elapsedMs / 1000;
}

function measure(name: SchedulerName, family: Family, count: number): Figure {
  const scheduler = createScheduler(name);
  for (const server of makeServers(family, count, name === 'wrr')) scheduler.added(server);
  const flows = makeFlows(family);
  const rounds = Array.from({ length: ROUNDS }, () => runRound(scheduler, flows));
  const target = count === 10 ? AT_TEN : count === 1000 ? (AT_THOUSAND[name] ?? null) : null;
  return { scheduler: name, family, servers: count, millionPicksPerSecond: Math.max(...rounds), target };
}

const figures = schedulerNames.flatMap((name) => [
  ...LENGTHS.map((count) => measure(name, 4, count)),
  measure(name, 6, 10),
]);
const missed = figures.filter(({ target, millionPicksPerSecond }) => millionPicksPerSecond < (target ?? 0));

console.log('million picks a second; flows and servers with textual addresses');
printTable(
  ['scheduler', ...LENGTHS.map((count) => `${count} servers`), '10 servers, IPv6'],
  schedulerNames.map((name) => [
    name,
    ...figures
      .filter(({ scheduler }) => scheduler === name)
      .map(
        (figure) => figure.millionPicksPerSecond.toFixed(2) + (missed.includes(figure) ? ' (missed)' : ''),
      ),
  ]),
);
keepResult('schedulers', {
  unit: 'million picks a second',
  figures: figures.map((figure) => ({
    ...figure,
    millionPicksPerSecond: Math.round(figure.millionPicksPerSecond * 1000) / 1000,
  })),
});
process.exitCode = missed.length > 0 ? 1 : 0;
