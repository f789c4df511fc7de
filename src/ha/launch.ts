/** Starts `lvsd-vrrp` as a child of the director, with the channel between them. */
import { fork, type ChildProcess } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

const SUFFIX = extname(import.meta.url);
const FROM_SOURCES = SUFFIX === '.ts';
const PROGRAM = fileURLToPath(new URL(`./lvsd-vrrp${SUFFIX}`, import.meta.url));

/**
 * Little to collect, seldom, and none of it by threads that come after all others: the process waits for its collector.
 * A warning goes to the log of the director, which is no place for what Node finds new.
 */
const NODE_OPTIONS = [
  '--max-old-space-size=32',
  '--max-semi-space-size=1',
  '--single-threaded',
  '--no-warnings',
];

/**
 * Forks it. What it writes, which are the reasons of a crash, goes to the director's standard error.
 *
 * It is in a process group of its own: the director alone decides when it ends, not a Ctrl-C on the terminal.
 */
export function launchVrrp(): ChildProcess {
  return fork(PROGRAM, [], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: [...inherited(), ...NODE_OPTIONS],
    detached: true,
    // of sources: from where what loads them was found
    cwd: FROM_SOURCES ? process.cwd() : '/',
    // nothing of the director's secrets
    env: { PATH: process.env['PATH'], LANG: 'C.UTF-8' },
  });
}

/** What loads sources. */
function inherited(): readonly string[] {
  return FROM_SOURCES ? process.execArgv : [];
}
