/** The stock program, as a process in this thread's network namespace. */
import { spawnSync } from 'node:child_process';
import { constants } from 'node:os';
import type { Answer } from './answer.js';

/** It asks the kernel and ends; what takes longer hangs. */
const limitMs = 20_000;

/** No setting of the user reaches it: texts of the C library are in English. */
const environment = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };

/** @throws Error when it cannot be started or does not end */
export function stockIpvsadm(argv: readonly string[], stdin: string): Answer {
  const end = spawnSync('ipvsadm', argv, {
    env: environment,
    input: stdin,
    timeout: limitMs,
    encoding: 'utf8',
  });
  if (end.error !== undefined && (end.error as NodeJS.ErrnoException).code !== 'EPIPE') throw end.error;
  const exit = end.signal === null ? (end.status ?? -1) : 128 + constants.signals[end.signal];
  return { stdout: end.stdout, stderr: end.stderr, exit };
}
