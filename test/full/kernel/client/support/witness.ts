/** What others say about the table: the stock tool, which has its own netlink code, and the kernel's own text. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { skipWithout } from '../../../../support/require-tool.js';

export const withoutIpvsadm = skipWithout('ipvsadm', 'apt-get install ipvsadm');

export function ipvsadm(...args: string[]): string {
  return execFileSync('ipvsadm', args, { encoding: 'utf8' });
}

/** The lines of `ipvsadm -Sn`, without blanks at their ends. */
export function savedRules(): string[] {
  const lines = ipvsadm('-Sn').split('\n');
  return lines.map((line) => line.trimEnd()).filter((line) => line !== '');
}

/** Counters that `ipvsadm --stats --exact` or `--rate --exact` show: five numbers by the row's first word or two. */
export function listedCounters(column: '--stats' | '--rate'): Map<string, bigint[]> {
  const rows = ipvsadm('-Ln', column, '--exact').split('\n');
  const counted = rows.map((row) => row.trim().split(/\s+/)).filter((words) => /^\d+$/.test(words[2] ?? ''));
  return new Map(counted.map((words) => [`${words[0]} ${words[1]}`, words.slice(2).map(BigInt)]));
}

/** One line of /proc/net/ip_vs, in the kernel's order: `TCP C0000201:0050 rr` or `-> 0A000001:0050 Masq 1 0 0`. */
export function procLines(): string[] {
  const lines = readFileSync('/proc/net/ip_vs', 'utf8').split('\n').slice(3);
  return lines.map((line) => line.trim().replace(/\s+/g, ' ')).filter((line) => line !== '');
}
