/**
 * Health bench: 5,000 servers with tcp checks and 1,000 with http checks, every 2 s, all of them answered by one process of this
 * machine. lvsd and keepalived check them in turns: CPU, memory, and how late the probes come.
 *
 * keepalived needs IPVS in the kernel only for its table, which no probe touches; a small library answers for that.
 * `LVSD_BENCH_SERVERS=600 LVSD_BENCH_SECONDS=10 LVSD_BENCH_TURNS=1` makes a trial, whose figures are printed and not kept.
 *
 * What must hold: lvsd neglects no server, and its p99 of lateness is below 100 ms.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { familyCpuNs, residentOf } from './controller/process-tree.js';
import { INTERVAL_SEC, type Load, type Ports } from './health/checked-servers.js';
import { startKeepalived, startLvsd, type Director, type Lvsd, type Work } from './health/directors.js';
import { latenessOf } from './health/lateness.js';
import { healthFigures, type HealthSummary, type LvsdRun, type Run, type Summary } from './health/readme.js';
import { versionOf } from './support/empty-table.js';
import { writeReadmeBlock } from './support/readme-block.js';
import { keepResult, median, printTable } from './support/report.js';

const WARM_UP_SEC = 12;
const LATE_BAR_MS = 100;

const { LVSD_BENCH_SERVERS, LVSD_BENCH_SECONDS = '40', LVSD_BENCH_TURNS = '3' } = process.env;
const [total, seconds, turns] = [LVSD_BENCH_SERVERS ?? '6000', LVSD_BENCH_SECONDS, LVSD_BENCH_TURNS].map(
  Number,
) as [number, number, number];
const http = Math.round(total / 6);
const load: Load = { tcp: total - http, http };
const isTrial = Object.keys(process.env).some((name) => name.startsWith('LVSD_BENCH_'));

/** The process of the servers. */
class Target {
  readonly ports: Ports;
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: ChildProcess, lines: AsyncIterator<string>, ports: Ports) {
    this.#child = child;
    this.#lines = lines;
    this.ports = ports;
  }

  static async start(): Promise<Target> {
    const script = fileURLToPath(new URL('health/target.ts', import.meta.url));
    const child = spawn(process.execPath, ['--import', 'tsx', script], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const first = (await lines.next()) as { value: string };
    return new Target(child, lines, JSON.parse(first.value) as Ports);
  }

  /** What has come since the last call. */
  async take(): Promise<Record<'tcp' | 'http', Record<string, number[]>>> {
    this.#child.stdin?.write('\n');
    const line = (await this.#lines.next()) as { value: string };
    return JSON.parse(line.value) as Record<'tcp' | 'http', Record<string, number[]>>;
  }

  end(): void {
    this.#child.kill('SIGKILL');
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '0.0.0.0');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function measure(director: Director, target: Target): Promise<Run> {
  await target.take();
  const [cpuNs, began] = [familyCpuNs(director.pid), performance.now()];
  await pause(seconds * 1000);
  const cpuPercent = (familyCpuNs(director.pid) - cpuNs) / 1e4 / (performance.now() - began);
  const arrivals = await target.take();
  const { nowKb, peakKb } = residentOf(director.pid);
  const intervalMs = INTERVAL_SEC * 1000;
  const late = (kind: 'tcp' | 'http') =>
    latenessOf(arrivals[kind], { intervalMs, servers: load[kind], seconds });
  return { cpuPercent, residentKb: nowKb, peakKb, tcp: late('tcp'), http: late('http') };
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'lvsd-bench-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Ends what it starts, also where it fails. */
async function withDirector<D extends Director, T>(
  start: (work: Work) => D,
  target: Target,
  use: (director: D) => Promise<T>,
): Promise<T> {
  return inFolder(async (folder) => {
    const director = start({ load, ports: target.ports, folder });
    try {
      const result = await use(director);
      await director.end();
      return result;
    } finally {
      director.kill();
    }
  });
}

async function lvsdTurn(target: Target): Promise<LvsdRun> {
  const servicePort = await freePort();
  return withDirector(
    (work) => startLvsd(work, servicePort),
    target,
    async (lvsd) => {
      await answers(lvsd);
      await pause(WARM_UP_SEC * 1000);
      const before = await lvsd.lag();
      const run = await measure(lvsd, target);
      return { ...run, lagP99Sec: p99Of(before, await lvsd.lag()) };
    },
  );
}

function keepalivedTurn(target: Target): Promise<Run> {
  return withDirector(startKeepalived, target, async (keepalived) => {
    await pause(WARM_UP_SEC * 1000);
    return measure(keepalived, target);
  });
}

/** Waits until it has read its file and answers. @throws Error after a minute */
async function answers(lvsd: Lvsd): Promise<void> {
  for (let second = 0; ; second++) {
    try {
      await lvsd.lag();
      return;
    } catch (error) {
      if (second === 60) throw error;
      await pause(1000);
    }
  }
}

/** The bucket in which the 99th of a hundred lies. */
function p99Of(before: ReadonlyMap<number, number>, after: ReadonlyMap<number, number>): number {
  const counts = [...after].map(([sec, count]) => [sec, count - (before.get(sec) ?? 0)] as const);
  const all = counts.find(([sec]) => sec === Infinity)?.[1] ?? 0;
  return counts.find(([, count]) => count >= 0.99 * all)?.[0] ?? Infinity;
}

function summaryOf(runs: readonly Run[]): Summary {
  const of = (pick: (run: Run) => number): number => median(runs.map(pick));
  return {
    cpuPercent: of(({ cpuPercent }) => cpuPercent),
    residentKb: of(({ residentKb }) => residentKb),
    tcpP99Ms: of(({ tcp }) => tcp.p99Ms),
    httpP99Ms: of((run) => run.http.p99Ms),
    probesPerSec: of((run) => (run.tcp.probes + run.http.probes) / seconds),
    neglected: runs.reduce((sum, run) => sum + run.tcp.neglected + run.http.neglected, 0),
  };
}

const target = await Target.start();
const done: { lvsd: LvsdRun; keepalived: Run }[] = [];
try {
  for (let turn = 1; turn <= turns; turn++) {
    console.log(`turn ${turn} of ${turns}`);
    done.push({ lvsd: await lvsdTurn(target), keepalived: await keepalivedTurn(target) });
  }
} finally {
  target.end();
}

const own = done.map(({ lvsd }) => lvsd);
const summary: HealthSummary = {
  lvsd: { ...summaryOf(own), lagP99Sec: median(own.map(({ lagP99Sec }) => lagP99Sec)) },
  keepalived: summaryOf(done.map(({ keepalived }) => keepalived)),
};
printTable(
  [
    `${load.tcp} tcp, ${load.http} http, every 2 s`,
    'CPU %',
    'MB',
    'probes/s',
    'late p99 tcp ms',
    'late p99 http ms',
    'neglected',
  ],
  (['lvsd', 'keepalived'] as const).map((name) => {
    const one = summary[name];
    return [
      name,
      one.cpuPercent.toFixed(1),
      (one.residentKb / 1024).toFixed(0),
      one.probesPerSec.toFixed(0),
      one.tcpP99Ms.toFixed(1),
      one.httpP99Ms.toFixed(1),
      String(one.neglected),
    ];
  }),
);
console.log(`lvsd by its own histogram: p99 at most ${summary.lvsd.lagP99Sec * 1000} ms late`);

if (isTrial) console.log('a trial: nothing is kept');
else {
  const figures = { keepalived: versionOf('keepalived', ['-v']), load, seconds, turns: done };
  writeReadmeBlock('health', healthFigures(keepResult('health', { summary, ...figures })));
}

const failures = [
  ...(summary.lvsd.neglected === 0 ? [] : [`lvsd neglected ${summary.lvsd.neglected} servers`]),
  ...([summary.lvsd.tcpP99Ms, summary.lvsd.httpP99Ms].every((late) => late < LATE_BAR_MS)
    ? []
    : [`p99 of lateness is not below ${LATE_BAR_MS} ms`]),
];
for (const failure of failures) console.error(`bench/health: ${failure}`);
process.exitCode = failures.length === 0 ? 0 : 1;
