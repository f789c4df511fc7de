/**
 * CPU of the userspace plane for a new connection, as a ratio to HAProxy with one thread in the same run.
 *
 * Both proxies stand in front of the same three servers (round robin). Repetitions alternate; the figure is the
 * median of the ratios of neighbours, because the machine's speed drifts. Rates are not compared: the load
 * generator needs more CPU than either proxy.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { processCpuNs } from './support/process-cpu.js';
import { keepResult, median, printTable } from './support/report.js';
import { shortConnections } from './support/short-connections.js';

const CONNECTIONS = 8000;
const WARM_UP = 20000;
const REPETITIONS = 7;
const IN_FLIGHT = 32;

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'lvsd-bench-'));
const children: ChildProcess[] = [];

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function startServer(): Promise<number> {
  const child = spawn(process.execPath, ['--import', 'tsx', here('support/short-connection-server.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return Number(line);
}

function startHaproxy(port: number, servers: readonly number[]): number {
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(
    file,
    `global
  nbthread 1
  maxconn 4000
defaults
  mode tcp
  option splice-auto
  timeout connect 5s
  timeout client 60s
  timeout server 60s
listen bench
  bind 127.0.0.1:${port}
  balance roundrobin
${servers.map((server, index) => `  server s${index} 127.0.0.1:${server}`).join('\n')}
`,
  );
  return started(spawn('haproxy', ['-db', '-f', file], { stdio: 'inherit' }));
}

function startLvsd(port: number, servers: readonly number[]): number {
  const file = join(folder, 'lvsd.yaml');
  writeFileSync(
    file,
    `director:
  dataplane: proxy
  admin: { socket: ${join(folder, 'lvsd.sock')}, listen: none }
  state_dir: ${join(folder, 'state')}
services:
  - name: bench
    address: 127.0.0.1:${port}
    scheduler: rr
    check: { type: none }
    servers: [${servers.map((server) => `127.0.0.1:${server}`).join(', ')}]
`,
  );
  return started(
    spawn(process.execPath, [here('../dist/lvsd/main.js'), 'run', '-c', file, '--log-level', 'warn'], {
      stdio: 'inherit',
    }),
  );
}

function started(child: ChildProcess): number {
  children.push(child);
  if (child.pid === undefined) throw new Error(`start ${child.spawnfile}: not found`);
  return child.pid;
}

async function waitUntilServing(port: number): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      await shortConnections(port, 1, 1);
      return;
    } catch (error) {
      if (attempt === 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function cpuMicrosecondsPerConnection(pid: number, port: number): Promise<number> {
  const before = processCpuNs(pid);
  await shortConnections(port, CONNECTIONS, IN_FLIGHT);
  return (processCpuNs(pid) - before) / CONNECTIONS / 1000;
}

try {
  const haproxyVersion = execFileSync('haproxy', ['-v'], { encoding: 'utf8' }).split('\n')[0] ?? '';
  const servers = [await startServer(), await startServer(), await startServer()];
  const [haproxyPort, lvsdPort] = [await freePort(), await freePort()];
  const haproxy = startHaproxy(haproxyPort, servers);
  const lvsd = startLvsd(lvsdPort, servers);
  await waitUntilServing(haproxyPort);
  await waitUntilServing(lvsdPort);
  console.log(`warming up with ${WARM_UP} connections each`);
  await shortConnections(lvsdPort, WARM_UP, IN_FLIGHT);
  await shortConnections(haproxyPort, WARM_UP / 4, IN_FLIGHT);

  const runs: { haproxy: number; lvsd: number; ratio: number }[] = [];
  for (let repetition = 0; repetition < REPETITIONS; repetition += 1) {
    const peer = await cpuMicrosecondsPerConnection(haproxy, haproxyPort);
    const own = await cpuMicrosecondsPerConnection(lvsd, lvsdPort);
    runs.push({ haproxy: peer, lvsd: own, ratio: peer / own });
  }
  printTable(
    ['repetition', 'HAProxy us/conn', 'lvsd us/conn', 'ratio'],
    runs.map((run, index) => [
      String(index + 1),
      run.haproxy.toFixed(1),
      run.lvsd.toFixed(1),
      run.ratio.toFixed(2),
    ]),
  );
  const ratio = median(runs.map((run) => run.ratio));
  console.log(
    `median ratio ${ratio.toFixed(2)} (1 = HAProxy's CPU per new connection; at least 0.35 wanted)`,
  );
  keepResult('proxy', { peer: haproxyVersion, connections: CONNECTIONS, runs, medianRatio: ratio });
  if (ratio < 0.35) process.exitCode = 1;
} finally {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}
