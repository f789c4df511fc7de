/**
 * The measuring half of bench/controller: runs inside the kernel. lvsd and keepalived make and change the same tables in turns,
 * each in an empty one. Prints one line of progress a step to stderr and the raw figures as JSON to stdout.
 *
 *   guest.mjs PRELOAD_BUNDLE LVSD_MAIN
 */
import { readFileSync } from 'node:fs';
import type { IpvsClient } from '../../native/index.js';
import { enterEmptyTable, expectComplete, versionOf } from '../support/empty-table.js';
import { KeepalivedRun } from './keepalived-run.js';
import { LvsdRun } from './lvsd-run.js';
import { idleOf, residentOf } from './process-tree.js';
import { parsedModel, programOnce } from './program-once.js';
import type { Change, GuestFigures, Start, Turn } from './figures.js';

const [preload, main] = process.argv.slice(2);
if (preload === undefined || main === undefined) throw new Error('PRELOAD_BUNDLE LVSD_MAIN');
const programs = { preload, main };
/** Of one server, by the file. */
const weights = [2, 3, 4, 5, 6];
let table = enterEmptyTable();

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

function emptyTable(): IpvsClient {
  table.close();
  table = enterEmptyTable();
  return table;
}

/** 1,000 services: start, one weight changed in every way, and the controller alone. */
async function oneTurn(services: number): Promise<Turn> {
  const keepalived = await KeepalivedRun.start(emptyTable(), services);
  const keepalivedHupMs: number[] = [];
  for (const weight of weights) keepalivedHupMs.push(await keepalived.changeWeight(weight));
  await keepalived.end();
  const controllerMs: number[] = [];
  for (let run = 0; run < 5; run++) controllerMs.push(await programOnce(emptyTable(), model));
  const lvsd = await LvsdRun.start(emptyTable(), services, programs);
  const { start } = lvsd;
  const byFile: Change[] = [];
  for (const weight of weights) byFile.push(await lvsd.changeFile(weight));
  const unchanged = await lvsd.reloadUnchanged(weights.at(-1) ?? 1);
  const byCommand = await lvsd.setWeight(9);
  expectComplete(table, services, 'lvsd');
  await lvsd.end();
  return {
    keepalivedStartMs: keepalived.startMs,
    controllerMs,
    lvsd: start,
    keepalivedHupMs,
    byFile,
    unchanged,
    byCommand,
  };
}

async function starts(services: number): Promise<Start> {
  const keepalived = await KeepalivedRun.start(emptyTable(), services);
  await keepalived.end();
  const lvsd = await LvsdRun.start(emptyTable(), services, programs);
  await lvsd.end();
  return { keepalivedStartMs: keepalived.startMs, lvsd: lvsd.start };
}

/** Both at once, as they hardly do anything. */
async function resources(services: number): Promise<GuestFigures['resources']> {
  const keepalived = await KeepalivedRun.start(emptyTable(), services);
  const lvsd = await LvsdRun.start(emptyTable(), services, { ...programs, plain: true });
  const resident = { keepalived: residentOf(keepalived.pid), lvsd: residentOf(lvsd.pid) };
  const idle = await idleOf({ keepalived: keepalived.pid, lvsd: lvsd.pid });
  await lvsd.end();
  await keepalived.end();
  return { services, resident, idle };
}

async function repeat<T>(what: string, turns: number, work: () => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let turn = 1; turn <= turns; turn++) {
    say(`${what}: turn ${turn} of ${turns}`);
    results.push(await work());
  }
  return results;
}

const model = await parsedModel(1000);
const changes = await repeat('1000 services x 10', 5, () => oneTurn(1000));
const small = await repeat('100 services x 10', 5, () => starts(100));
const large = await repeat('5000 services x 10', 3, () => starts(5000));
say('memory and a minute of idleness');
const figures: GuestFigures = {
  kernel: readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim(),
  keepalived: versionOf('keepalived', ['-v']),
  turns: changes,
  starts: { 100: small, 1000: changes, 5000: large },
  resources: await resources(1000),
};
table.close();
console.log(JSON.stringify(figures));
