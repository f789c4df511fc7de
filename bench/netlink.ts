/**
 * Netlink bench: one kernel boot, in which native/ipvs, `lvsadm`, `ipvsadm` and keepalived program and list the same tables in
 * turns. Times of the guest kernel are right as ratios, not as milliseconds. Memory is the peak of each process.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { GuestFolder } from '../test/kernel/bed/guest-folder.js';
import { runInGuest } from '../test/kernel/bed/guest.js';
import { findKernel } from '../test/kernel/bed/kernel-package.js';
import { keepResult, median, printTable } from './support/report.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const lvsadm = join(root, 'dist/bin/lvsadm.cjs');
/** Inside the project, so that the bundles find its packages. */
const bundles = join(root, '.cache/bench');

interface Turn {
  ipvsadmRestoreMs: number;
  nativeMs: number;
  nativeColdMs: number;
  lvsadmRestoreMs: number;
  ipvsadmListMs: number;
  lvsadmListMs: number;
}

interface GuestFigures {
  kernel: string;
  peers: Record<string, string>;
  small: { nodeMs: number; lvsadmMs: number; ipvsadmMs: number }[];
  bySize: Record<string, { turns: Turn[] }>;
  /** Peak of each process at 1,000 services. */
  memoryKb: Record<string, number>;
  keepalivedMs: number[];
}

async function bundle(name: string): Promise<string> {
  const outfile = join(bundles, `${name}.mjs`);
  mkdirSync(bundles, { recursive: true });
  await build({
    entryPoints: [join(root, 'bench/netlink', `${name}.ts`)],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    external: ['koffi'],
    logLevel: 'warning',
  });
  return outfile;
}

async function runGuest(): Promise<GuestFigures> {
  const kernel = await findKernel();
  if ('reason' in kernel) throw new Error(kernel.reason);
  const command = [process.execPath, await bundle('guest'), await bundle('program'), lvsadm];
  const folder = GuestFolder.create();
  const output: Buffer[] = [];
  try {
    const end = await runInGuest(kernel, folder, command, {
      environment: process.env,
      cwd: root,
      limitMs: 900_000,
      memoryMb: 1024,
      onOutput: (chunk) => output.push(chunk),
      onErrors: (chunk) => process.stderr.write(chunk),
    });
    if (end.kind !== 'exited' || end.code !== 0)
      throw new Error(`the guest ended with ${JSON.stringify(end)}`);
  } finally {
    folder.remove();
  }
  return JSON.parse(Buffer.concat(output).toString('utf8')) as GuestFigures;
}

/** On this machine: what an operator waits for before the first word of help. */
function helpTurns(): { nodeMs: number; lvsadmMs: number }[] {
  const timed = (args: readonly string[]): number => {
    const begin = performance.now();
    const { status } = spawnSync(process.execPath, args, { stdio: 'ignore' });
    if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}`);
    return performance.now() - begin;
  };
  return Array.from({ length: 15 }, () => ({ nodeMs: timed(['-e', '0']), lvsadmMs: timed([lvsadm, '-h']) }));
}

/** Ratios are taken within a turn, so that both sides had the same machine. */
function ratio(turns: readonly Turn[], peer: keyof Turn, own: keyof Turn): number {
  return median(turns.map((turn) => turn[peer] / turn[own]));
}

if (!existsSync(lvsadm)) throw new Error(`${lvsadm} is missing: npm run build`);
const help = helpTurns();
const guest = await runGuest();
const ms = (value: number): string => value.toFixed(0);
const rows = Object.entries(guest.bySize).flatMap(([services, { turns }]) => {
  const time = (figure: keyof Turn): string => ms(median(turns.map((turn) => turn[figure])));
  const size = `${services} x 10`;
  const row = (what: string, peer: keyof Turn, own: keyof Turn): string[] => [
    `${what}, ${size}`,
    time(peer),
    time(own),
    ratio(turns, peer, own).toFixed(2),
  ];
  return [
    row('program: ipvsadm -R / native/ipvs', 'ipvsadmRestoreMs', 'nativeMs'),
    row('program: ipvsadm -R / native/ipvs, first work of a process', 'ipvsadmRestoreMs', 'nativeColdMs'),
    row('program: ipvsadm -R / lvsadm -R, whole processes', 'ipvsadmRestoreMs', 'lvsadmRestoreMs'),
    row('list: ipvsadm -Ln / lvsadm -Ln, whole processes', 'ipvsadmListMs', 'lvsadmListMs'),
  ];
});
printTable(['work', 'peer ms', 'own ms', 'times faster'], rows);
printTable(
  ['peak memory, 1000 x 10', 'MB'],
  Object.entries(guest.memoryKb).map(([name, kb]) => [name.replace(/Kb$/, ''), (kb / 1024).toFixed(0)]),
);
const summary = {
  helpOverNodeMs: median(help.map(({ nodeMs, lvsadmMs }) => lvsadmMs - nodeMs)),
  smallListingOverNode: median(guest.small.map(({ nodeMs, lvsadmMs }) => lvsadmMs / nodeMs)),
  keepalivedStartMs: median(guest.keepalivedMs),
};
console.log(`lvsadm -h on this machine: ${summary.helpOverNodeMs.toFixed(1)} ms over node -e 0`);
console.log(`lvsadm -Ln, one service, in the guest: ${summary.smallListingOverNode.toFixed(2)} x node -e 0`);
console.log(`keepalived's start, 1000 x 10, no checkers: ${ms(summary.keepalivedStartMs)} ms`);
keepResult('netlink', { ...summary, help, ...guest });
