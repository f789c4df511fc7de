/** The stock program, as a process in this thread's network namespace. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Counters, Run } from '../corpus/case.js';
import type { Answer } from './answer.js';

/** It asks the kernel and ends; what takes longer hangs. */
const limitMs = 20_000;

/** No setting of the user reaches it: texts of the C library are in English. */
const environment = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };

/** The files below /proc/net are made for each look at them, so nothing can be mounted over one; over their folder it can. */
const withConnections = 'mount --bind "$0" /proc/$$/net && exec ipvsadm "$@"';

/** @throws Error when it cannot be started or does not end */
export function stockIpvsadm({ argv, stdin = '', connections, counters }: Run): Answer {
  const [program, words] =
    connections === undefined
      ? ['ipvsadm', argv]
      : ['sh', ['-c', withConnections, folderWith(connections), ...argv]];
  const env = counters === undefined ? environment : { ...environment, ...withCounters(counters) };
  const end = spawnSync(program, words, {
    env,
    input: stdin,
    timeout: limitMs,
    encoding: 'utf8',
  });
  if (end.error !== undefined && (end.error as NodeJS.ErrnoException).code !== 'EPIPE') throw end.error;
  const exit = end.signal === null ? (end.status ?? -1) : 128 + constants.signals[end.signal];
  return { stdout: withoutHelp(end.stdout), stderr: end.stderr, exit };
}

/** Its help is another's work, and no script reads it. */
function withoutHelp(stdout: string): string {
  return stdout.replace(/^ipvsadm v.*\nUsage:\n[^]*--mcast-ttl.*\n/, '(help)\n');
}

function folderWith(connections: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'proc-net-'));
  writeFileSync(join(folder, 'ip_vs_conn'), connections, 'latin1');
  return folder;
}

let shim: string | null = null;

/** @throws Error without a C compiler */
function withCounters(counters: Counters): NodeJS.ProcessEnv {
  shim ??= compileShim();
  return { LD_PRELOAD: shim, LVSD_COUNTERS: counters.join(' ') };
}

function compileShim(): string {
  const source = fileURLToPath(new URL('counters-shim.c', import.meta.url));
  const library = join(mkdtempSync(join(tmpdir(), 'shim-')), 'counters.so');
  execFileSync('cc', ['-shared', '-fPIC', '-o', library, source, '-ldl']);
  return library;
}
