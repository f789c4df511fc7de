/**
 * Netlink bench: one kernel boot, in which native/ipvs, `lvsadm`, `ipvsadm` and keepalived program and list the same tables in
 * turns. Times of the guest kernel are right as ratios, not as milliseconds. Memory is the peak of each process.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundle, runBenchGuest } from './support/kernel-guest.js';
import { keepResult, median, printTable } from './support/report.js';

const lvsadm = fileURLToPath(new URL('../dist/bin/lvsadm.cjs', import.meta.url));

interface Turn {
  ipvsadmRestoreMs: number;
  nativeMs: number;
  nativeColdMs: number;
  lvsadmRestoreMs: number;
  ipvsadmListMs: number;
  lvsadmListMs: number;
  listingMs: number;
}

interface GuestFigures {
  kernel: string;
  peers: Record<string, string>;
  small: { nodeMs: number; lvsadmMs: number; ipvsadmMs: number }[];
  /** Whole listings in turns, by the number of services. */
  listed: Record<string, { ipvsadmMs: number; lvsadmMs: number }[]>;
  bySize: Record<string, { turns: Turn[] }>;
  /** Peak of each process at 1,000 services. */
  memoryKb: Record<string, number>;
  keepalivedMs: number[];
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
const words = [await bundle('netlink/guest.ts'), await bundle('netlink/program.ts'), lvsadm];
const guest = (await runBenchGuest(words)) as GuestFigures;
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
    row("list: ipvsadm -Ln / lvsadm's listing in a running process", 'ipvsadmListMs', 'listingMs'),
  ];
});
printTable(['work', 'peer ms', 'own ms', 'times faster'], rows);
const listed = Object.entries(guest.listed).map(([services, turns]) => ({
  services: Number(services),
  ipvsadmMs: median(turns.map(({ ipvsadmMs }) => ipvsadmMs)),
  lvsadmMs: median(turns.map(({ lvsadmMs }) => lvsadmMs)),
  timesFaster: median(turns.map(({ ipvsadmMs, lvsadmMs }) => ipvsadmMs / lvsadmMs)),
}));
printTable(
  ['services x 10, whole listing', 'ipvsadm ms', 'lvsadm ms', 'times faster'],
  listed.map((one) => [`${one.services}`, ms(one.ipvsadmMs), ms(one.lvsadmMs), one.timesFaster.toFixed(2)]),
);
/** Between two measured sizes it is not known. */
const slowerAt = Math.max(0, ...listed.filter((one) => one.timesFaster < 1).map((one) => one.services));
printTable(
  ['peak memory, 1000 x 10', 'MB'],
  Object.entries(guest.memoryKb).map(([name, kb]) => [name.replace(/Kb$/, ''), (kb / 1024).toFixed(0)]),
);
const summary = {
  helpOverNodeMs: median(help.map(({ nodeMs, lvsadmMs }) => lvsadmMs - nodeMs)),
  smallListingOverNode: median(guest.small.map(({ nodeMs, lvsadmMs }) => lvsadmMs / nodeMs)),
  listingFasterFrom: listed.find((one) => one.services > slowerAt)?.services ?? null,
  keepalivedStartMs: median(guest.keepalivedMs),
};
console.log(`lvsadm -h on this machine: ${summary.helpOverNodeMs.toFixed(1)} ms over node -e 0`);
console.log(`lvsadm -Ln, one service, in the guest: ${summary.smallListingOverNode.toFixed(2)} x node -e 0`);
console.log(
  `lvsadm -Ln is faster than ipvsadm -Ln from ${summary.listingFasterFrom ?? 'more than 3000'} services on`,
);
console.log(`keepalived's start, 1000 x 10, no checkers: ${ms(summary.keepalivedStartMs)} ms`);
keepResult('netlink', { ...summary, help, ...guest });
