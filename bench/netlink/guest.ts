/**
 * The measuring half of bench/netlink: runs inside the kernel, each program in turn, in an empty table each time.
 * Prints one line of progress a step to stderr and the raw figures as JSON to stdout.
 *
 *   guest.mjs PROGRAM_BUNDLE LVSADM_MAIN
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IpvsClient } from '../../native/index.js';
import { PrintedTable } from '../../native/proc/printed-table.js';
import { readPrivileges } from '../../native/proc/privileges.js';
import { runLvsadm } from '../../src/lvsadm/run.js';
import { systemNames } from '../../src/lvsadm/system-names.js';
import { enterEmptyTable, expectComplete, versionOf } from '../support/empty-table.js';
import { runMeasured } from '../support/measured-child.js';
import type { MeasuredRun } from '../support/measured-child.js';
import { keepalivedConfig, requests, restoreScript, serversPerService } from '../support/rules.js';

const [programBundle, lvsadmMain] = process.argv.slice(2);
if (programBundle === undefined || lvsadmMain === undefined) throw new Error('PROGRAM_BUNDLE LVSADM_MAIN');
const node = process.execPath;
const folder = mkdtempSync(join(tmpdir(), 'bench-'));
let table = enterEmptyTable();
const sizes = [
  { services: 1000, turns: 5 },
  // a turn takes a minute, nearly all of it ipvsadm's
  { services: 5000, turns: 1 },
];

/** Tables that are listed only, to see from how many services on node's start is paid for. */
const listedSizes = [500, 1000, 1500, 2000, 3000];
const listedTurns = 5;

interface Turn {
  readonly ipvsadmRestoreMs: number;
  /** In a process that runs already, as a director programs. */
  readonly nativeMs: number;
  /** The first thing that a process of its own does, not compiled yet; without the process's start. */
  readonly nativeColdMs: number;
  readonly lvsadmRestoreMs: number;
  readonly ipvsadmListMs: number;
  readonly lvsadmListMs: number;
  /** In a process that runs already: a table is opened, listed and closed; the text is kept in memory. */
  readonly listingMs: number;
}

function renewTable(): void {
  table.close();
  table = enterEmptyTable();
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

async function restore(program: string, args: readonly string[], services: number): Promise<MeasuredRun> {
  renewTable();
  const run = await runMeasured(program, args, { stdinPath: join(folder, `rules-${services}`) });
  expectComplete(table, services, program);
  return run;
}

function programInProcess(services: number): number {
  renewTable();
  const list = requests(services);
  const begin = performance.now();
  const errors = table.batch(list).filter((error) => error !== null);
  const wallMs = performance.now() - begin;
  if (errors.length > 0) throw new Error(`${errors.length} requests failed`, { cause: errors[0] });
  expectComplete(table, services, 'native/ipvs');
  return wallMs;
}

async function programNatively(services: number): Promise<{ programMs: number; maxRssKb: number }> {
  renewTable();
  const run = await runMeasured(node, [programBundle ?? '', String(services)]);
  expectComplete(table, services, 'native/ipvs');
  return JSON.parse(run.stdout) as { programMs: number; maxRssKb: number };
}

async function oneTurn(services: number): Promise<Turn> {
  const ipvsadmRestore = await restore('ipvsadm', ['-R'], services);
  const nativeMs = programInProcess(services);
  const nativeCold = await programNatively(services);
  const lvsadmRestore = await restore(node, [lvsadmMain ?? '', '-R'], services);
  const ipvsadmList = await runMeasured('ipvsadm', ['-Ln']);
  const lvsadmList = await runMeasured(node, [lvsadmMain ?? '', '-Ln']);
  if (ipvsadmList.stdout !== lvsadmList.stdout) throw new Error('the two listings differ');
  if ((await listInProcess()).text !== ipvsadmList.stdout)
    throw new Error('the listing in this process differs');
  return {
    ipvsadmRestoreMs: ipvsadmRestore.wallMs,
    nativeMs,
    nativeColdMs: nativeCold.programMs,
    lvsadmRestoreMs: lvsadmRestore.wallMs,
    ipvsadmListMs: ipvsadmList.wallMs,
    lvsadmListMs: lvsadmList.wallMs,
    listingMs: (await listInProcess()).wallMs,
  };
}

/** Whole processes in turns. */
async function listInTurns(services: number): Promise<{ ipvsadmMs: number; lvsadmMs: number }[]> {
  programInProcess(services);
  const turns: { ipvsadmMs: number; lvsadmMs: number }[] = [];
  for (let turn = 0; turn < listedTurns; turn++) {
    const ipvsadm = await runMeasured('ipvsadm', ['-Ln']);
    const lvsadm = await runMeasured(node, [lvsadmMain ?? '', '-Ln']);
    if (ipvsadm.stdout !== lvsadm.stdout) throw new Error('the two listings differ');
    turns.push({ ipvsadmMs: ipvsadm.wallMs, lvsadmMs: lvsadm.wallMs });
  }
  return turns;
}

/** `lvsadm -Ln` without its process. */
async function listInProcess(): Promise<{ wallMs: number; text: string }> {
  const pieces: string[] = [];
  const begin = performance.now();
  const status = await runLvsadm(['-Ln'], {
    programName: 'lvsadm',
    stdin: [],
    stdout: { write: (text) => void pieces.push(text) },
    stderr: { write: (text) => say(text) },
    names: systemNames,
    openTable: () => IpvsClient.open(),
    connections: () => [],
    printedTable: () => PrintedTable.read(),
    privileges: readPrivileges,
    stopAtOperand: false,
  });
  const wallMs = performance.now() - begin;
  if (status !== 0) throw new Error(`the listing ended with ${status}`);
  return { wallMs, text: pieces.join('') };
}

/** Peak memory, in runs of their own since watching costs time. */
async function measureMemory(services: number): Promise<Record<string, number>> {
  const rules = join(folder, `rules-${services}`);
  const watch = { watchMemory: true };
  renewTable();
  const { maxRssKb: native } = await programNatively(services);
  renewTable();
  const ipvsadm = await runMeasured('ipvsadm', ['-R'], { ...watch, stdinPath: rules });
  renewTable();
  const lvsadm = await runMeasured(node, [lvsadmMain ?? '', '-R'], { ...watch, stdinPath: rules });
  const ipvsadmList = await runMeasured('ipvsadm', ['-Ln'], watch);
  const lvsadmList = await runMeasured(node, [lvsadmMain ?? '', '-Ln'], watch);
  return {
    ipvsadmRestoreKb: ipvsadm.maxRssKb,
    nativeKb: native,
    lvsadmRestoreKb: lvsadm.maxRssKb,
    ipvsadmListKb: ipvsadmList.maxRssKb,
    lvsadmListKb: lvsadmList.maxRssKb,
  };
}

/** From its start to the table complete, without checkers; the table is looked at every 100 ms. */
async function startKeepalived(services: number): Promise<number> {
  renewTable();
  const config = join(folder, 'keepalived.conf');
  writeFileSync(config, keepalivedConfig(services));
  const pid = ['-p', join(folder, 'k.pid'), '-c', join(folder, 'c.pid')];
  const begin = performance.now();
  const child = spawn('keepalived', ['-n', '-C', '-f', config, ...pid], { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.on('close', resolve));
  while (table.services().length < services) await new Promise((resolve) => setTimeout(resolve, 100));
  const last = table.services();
  while (last.some((service) => table.destinations(service).length < serversPerService)) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const wallMs = performance.now() - begin;
  child.kill('SIGTERM');
  await ended;
  return wallMs;
}

/** Whole processes on a table of one service: what an operator waits for. */
async function smallListing(): Promise<{ nodeMs: number; lvsadmMs: number; ipvsadmMs: number }[]> {
  renewTable();
  writeFileSync(join(folder, 'rules-1'), restoreScript(1));
  await runMeasured('ipvsadm', ['-R'], { stdinPath: join(folder, 'rules-1') });
  const turns: { nodeMs: number; lvsadmMs: number; ipvsadmMs: number }[] = [];
  for (let turn = 0; turn < 9; turn++) {
    const nodeRun = await runMeasured(node, ['-e', '0']);
    const lvsadm = await runMeasured(node, [lvsadmMain ?? '', '-Ln']);
    const ipvsadm = await runMeasured('ipvsadm', ['-Ln']);
    turns.push({ nodeMs: nodeRun.wallMs, lvsadmMs: lvsadm.wallMs, ipvsadmMs: ipvsadm.wallMs });
  }
  return turns;
}

say('small listing');
const small = await smallListing();
const listed: Record<string, { ipvsadmMs: number; lvsadmMs: number }[]> = {};
for (const services of listedSizes) {
  say(`${services} services x ${serversPerService}, listed`);
  listed[services] = await listInTurns(services);
}
const bySize: Record<string, { turns: Turn[] }> = {};
for (const { services, turns } of sizes) {
  writeFileSync(join(folder, `rules-${services}`), restoreScript(services));
  const measured: Turn[] = [];
  for (let turn = 1; turn <= turns; turn++) {
    say(`${services} services x ${serversPerService}: turn ${turn} of ${turns}`);
    measured.push(await oneTurn(services));
  }
  bySize[services] = { turns: measured };
}
say('memory');
const memoryKb = await measureMemory(1000);
say('keepalived');
const keepalivedMs: number[] = [];
for (let turn = 0; turn < 3; turn++) keepalivedMs.push(await startKeepalived(1000));
table.close();
console.log(
  JSON.stringify({
    kernel: readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim(),
    peers: { ipvsadm: versionOf('ipvsadm', ['-v']), keepalived: versionOf('keepalived', ['-v']) },
    small,
    listed,
    bySize,
    memoryKb,
    keepalivedMs,
  }),
);
