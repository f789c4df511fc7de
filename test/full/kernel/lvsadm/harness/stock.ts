/** The stock program, as a process in the network namespace in which this was made. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Counters, Run } from '../corpus/case.js';
import type { Answer } from './answer.js';
import { SmallShell } from './small-shell.js';

/** It asks the kernel and ends; what takes longer hangs. */
const limitMs = 20_000;

/** No setting of the user reaches it: texts of the C library are in English. */
const environment = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };

export class StockIpvsadm {
  readonly #shell = new SmallShell(environment);

  /** @throws Error when it does not end */
  run(run: Run): Answer {
    const { stdout, stderr, exit } = this.#shell.run(commandOf(run), run.argv, run.stdin ?? '', limitMs);
    return { stdout: withoutHelp(stdout), stderr: withoutShell(stderr), exit };
  }

  /** May be called twice. */
  close(): void {
    this.#shell.close();
  }
}

function commandOf({ counters, posixlyCorrect, connections }: Run): string {
  if (connections !== undefined) return withConnections(connections);
  if (counters !== undefined) return `${withCounters(counters)} ipvsadm "$@"`;
  return posixlyCorrect === true ? 'POSIXLY_CORRECT=1 ipvsadm "$@"' : 'ipvsadm "$@"';
}

/** Its help is another's work, and no script reads it. */
function withoutHelp(stdout: string): string {
  return stdout.replace(/^ipvsadm v.*\nUsage:\n[^]*--mcast-ttl.*\n/, '(help)\n');
}

/** The shell tells of a crash. */
function withoutShell(stderr: string): string {
  return stderr.replace(/Segmentation fault\n$/, '');
}

/** The files below /proc/net are made for each look at them, so nothing can be mounted over one; over their folder it can. */
function withConnections(connections: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'proc-net-'));
  writeFileSync(join(folder, 'ip_vs_conn'), connections, 'latin1');
  return `sh -c 'mount --bind ${folder} /proc/$$/net && exec ipvsadm "$@"' sh "$@"`;
}

let shim: string | null = null;

/** @throws Error without a C compiler */
function withCounters(counters: Counters): string {
  shim ??= compileShim();
  return `LD_PRELOAD=${shim} LVSD_COUNTERS='${counters.join(' ')}'`;
}

function compileShim(): string {
  const source = fileURLToPath(new URL('counters-shim.c', import.meta.url));
  const library = join(mkdtempSync(join(tmpdir(), 'shim-')), 'counters.so');
  execFileSync('cc', ['-shared', '-fPIC', '-o', library, source, '-ldl']);
  return library;
}
