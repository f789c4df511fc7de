/**
 * Health bench: 5,000 servers with tcp checks and 1,000 with http checks, every 2 s, all of them answered by one process of this
 * machine. lvsd and keepalived check them in turns: CPU, memory, and how late the probes come.
 *
 * keepalived needs IPVS in the kernel only for its table, which no probe touches; a small library answers for that.
 * `LVSD_BENCH_SERVERS=600 LVSD_BENCH_SECONDS=10 LVSD_BENCH_TURNS=1` makes a trial, whose figures are printed and not kept.
 *
 * Late is what the time from one probe of a server to its next is longer than the interval, as the server sees it. What must
 * hold: lvsd neglects no server, its p99 of lateness is below 100 ms, and the servers themselves are in time.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { familyCpuNs, residentOf } from './controller/process-tree.js';
import { INTERVAL_SEC, type Load } from './health/checked-servers.js';
import { startKeepalived, startLvsd, type Director, type Lvsd, type Work } from './health/directors.js';
import { latenessOf } from './health/lateness.js';
import { healthFigures, type HealthSummary, type LvsdRun, type Run, type Summary } from './health/readme.js';
import { Target } from './health/target-process.js';
import { versionOf } from './support/empty-table.js';
import { writeReadmeBlock } from './support/readme-block.js';
import { keepResult, median, printTable } from './support/report.js';

/** From when every server has been asked. */
const WARM_UP_SEC = 10;
const MOST_SEC_UNTIL_ASKED = 60;
const LATE_BAR_MS = 100;
/** What the servers are late by themselves is in the lateness of both directors; more than this would be all that is seen. */
const TARGET_LATE_BAR_MS = 50;

const { LVSD_BENCH_SERVERS, LVSD_BENCH_SECONDS = '40', LVSD_BENCH_TURNS = '3' } = process.env;
const [total, seconds, turns] = [LVSD_BENCH_SERVERS ?? '6000', LVSD_BENCH_SECONDS, LVSD_BENCH_TURNS].map(
  Number,
) as [number, number, number];
const http = Math.round(total / 6);
const load: Load = { tcp: total - http, http };
const isTrial = Object.keys(process.env).some((name) => name.startsWith('LVSD_BENCH_'));

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '0.0.0.0');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** @throws Error when some server is not asked for a minute */
async function warmUp(target: Target): Promise<void> {
  const asked = new Set<string>();
  await target.take();
  for (let second = 0; asked.size < total; second++) {
    if (second === MOST_SEC_UNTIL_ASKED) throw new Error(`only ${asked.size} of ${total} servers were asked`);
    await pause(1000);
    const { tcp, http: web } = await target.take();
    for (const address of Object.keys({ ...tcp, ...web })) asked.add(address);
  }
  await pause(WARM_UP_SEC * 1000);
}

async function measure(director: Director, target: Target): Promise<Run> {
  await target.take();
  const [cpuNs, targetNs, began] = [familyCpuNs(director.pid), familyCpuNs(target.pid), performance.now()];
  await pause(seconds * 1000);
  const percent = (ns: number): number => ns / 1e4 / (performance.now() - began);
  const cpuPercent = percent(familyCpuNs(director.pid) - cpuNs);
  const targetCpuPercent = percent(familyCpuNs(target.pid) - targetNs);
  const { lagP99Ms: targetLagP99Ms, ...arrivals } = await target.take();
  const { nowKb, peakKb } = residentOf(director.pid);
  const intervalMs = INTERVAL_SEC * 1000;
  const late = (kind: 'tcp' | 'http') =>
    latenessOf(arrivals[kind], { intervalMs, servers: load[kind], seconds });
  const [tcp, web] = [late('tcp'), late('http')];
  return { cpuPercent, residentKb: nowKb, peakKb, tcp, http: web, targetCpuPercent, targetLagP99Ms };
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
      await warmUp(target);
      const before = await lvsd.lag();
      const run = await measure(lvsd, target);
      return { ...run, lagP99Sec: p99Of(before, await lvsd.lag()) };
    },
  );
}

function keepalivedTurn(target: Target): Promise<Run> {
  return withDirector(startKeepalived, target, async (keepalived) => {
    await warmUp(target);
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
    targetLagP99Ms: of((run) => run.targetLagP99Ms),
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
    'servers late p99 ms',
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
      one.targetLagP99Ms.toFixed(1),
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
  ...(Object.values(summary).every((side: Summary) => side.targetLagP99Ms < TARGET_LATE_BAR_MS)
    ? []
    : [`the servers themselves are late by ${TARGET_LATE_BAR_MS} ms and more: the machine is not quiet`]),
];
for (const failure of failures) console.error(`bench/health: ${failure}`);
process.exitCode = failures.length === 0 ? 0 : 1;
