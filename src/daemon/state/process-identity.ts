/** Who a process is, beyond a number that the system hands out again. */
import { readFileSync } from 'node:fs';

/** A pid alone is reused; with its start time and the boot it names one process for ever. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks between boot and start; 0 where the system does not tell. */
  readonly startTicks: number;
  /** This boot of the kernel; empty where the system does not tell. */
  readonly bootId: string;
}

/** The identity of a living process; null when there is none with that pid. */
export function processIdentity(pid: number): ProcessIdentity | null {
  if (!isAlive(pid)) return null;
  const stat = statFields(pid);
  // A zombie has ended; its parent has not looked yet.
  if (stat[STATE] === 'Z') return null;
  return { pid, startTicks: Number(stat[START_TICKS] ?? 0), bootId: bootId() };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

const STATE = 0;
const START_TICKS = 19;

/**
 * The fields after the command's name, which may itself hold spaces and brackets.
 *
 * @see proc_pid_stat(5), fields 3 and following
 */
function statFields(pid: number): string[] {
  const stat = readOrEmpty(`/proc/${pid}/stat`);
  return stat === '' ? [] : stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function bootId(): string {
  return readOrEmpty('/proc/sys/kernel/random/boot_id').trim();
}

/** Systems without /proc are served with less: there a reused pid looks like the old process. */
function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
